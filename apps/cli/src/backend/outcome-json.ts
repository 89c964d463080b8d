import {
  CapstanError,
  type ContentBlock,
  type InvocationFallback,
  type InvocationOutcome,
  isErrorCode,
  type JsonObject,
  type JsonValue,
  type OutcomeStatus,
  toWireError,
  toWireFallback,
  type WireError,
} from '@capstan/sdk';

/** An outcome as it stands in a body of the REST surface. */
export interface OutcomeJson {
  readonly execution_id: string;
  readonly status: OutcomeStatus;
  readonly result?: JsonValue;
  readonly content?: readonly ContentBlock[];
  readonly meta?: JsonObject;
  readonly fallback?: JsonObject;
  readonly error?: WireError;
  readonly approval?: { readonly id: string };
}

/** An outcome in its wire form. */
export function toOutcomeJson(outcome: InvocationOutcome): OutcomeJson {
  const { executionId: execution_id, status } = outcome;
  switch (outcome.status) {
    case 'succeeded': {
      const { value: result, ...rest } = outcome.result;
      const fallback = outcome.fallback === undefined ? {} : { fallback: toWireFallback(outcome.fallback) };
      return { execution_id, status, result, ...rest, ...fallback };
    }
    case 'pending':
      return { execution_id, status, approval: outcome.approval };
    default:
      return { execution_id, status, error: toWireError(outcome.error, execution_id) };
  }
}

/** An outcome from its wire form. */
export function toOutcome(json: OutcomeJson): InvocationOutcome {
  const { execution_id: executionId, status } = json;
  switch (status) {
    case 'succeeded': {
      const { result: value = null, content, meta } = json;
      const rest = { ...(content === undefined ? {} : { content }), ...(meta === undefined ? {} : { meta }) };
      const fallback = toFallback(json.fallback);
      return { status, executionId, result: { value, ...rest }, ...(fallback === undefined ? {} : { fallback }) };
    }
    case 'pending':
      return { status, executionId, approval: json.approval ?? { id: '' } };
    default:
      return { status, executionId, error: toError(json.error) };
  }
}

function toFallback(fallback: JsonObject | undefined): InvocationFallback | undefined {
  const { kind, tool, execution_id: executionId, age_ms: ageMs, instead_of: cause } = fallback ?? {};
  const { code, message } = typeof cause === 'object' && cause !== null && 'code' in cause ? cause : {};
  const insteadOf = new CapstanError(isErrorCode(code) ? code : 'CAPSTAN_INTERNAL', String(message ?? ''));
  if (kind === 'stale' && typeof ageMs === 'number') return { kind, ageMs, insteadOf };
  if (kind !== 'tool' || typeof tool !== 'string' || typeof executionId !== 'string') return undefined;
  return { kind, tool, executionId, insteadOf };
}

/** An error from its wire form. A code of a newer server is kept in the message. */
export function toError(error: WireError | undefined): CapstanError {
  if (error === undefined) return new CapstanError('CAPSTAN_INTERNAL', 'the server gave no reason');
  const { code, message, hint, retriable, details } = error;
  if (!isErrorCode(code)) return new CapstanError('CAPSTAN_INTERNAL', `${String(code)}: ${message}`, { hint, details });
  return new CapstanError(code, message, { hint, retriable, details });
}
