import type { InvokeRequest } from '@capstan/host';
import { plainText } from '@capstan/schema';
import {
  CapstanError,
  type ContentBlock,
  ERROR_CODES,
  type InvocationOutcome,
  type JsonObject,
  type JsonValue,
  toWireError,
  toWireFallback,
  type WireError,
} from '@capstan/sdk';

/** The tightest limit that a call was counted in. */
type WindowState = Parameters<NonNullable<InvokeRequest['onRateLimit']>>[0];

/** An outcome as it stands in a body. */
export interface WireOutcome {
  readonly execution_id: string;
  readonly status: InvocationOutcome['status'];
  /** The JSON value of the result. */
  readonly result?: JsonValue;
  /** Content of the tool's own, in MCP's form. */
  readonly content?: readonly ContentBlock[];
  readonly meta?: JsonObject;
  /** What answered in place of a tool that failed. */
  readonly fallback?: JsonObject;
  readonly error?: WireError;
  readonly approval?: { readonly id: string };
}

/** A whole answer. */
export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** The body as JSON that was written already; it goes out in place of `body`. */
  readonly json?: string;
}

function toWireOutcome(outcome: InvocationOutcome): WireOutcome {
  const { executionId: execution_id, status } = outcome;
  switch (outcome.status) {
    case 'succeeded': {
      const { value: result, content, meta } = outcome.result;
      return {
        execution_id,
        status,
        result,
        ...(content === undefined ? {} : { content }),
        ...(meta === undefined ? {} : { meta }),
        ...(outcome.fallback === undefined ? {} : { fallback: toWireFallback(outcome.fallback) }),
      };
    }
    case 'pending':
      return { execution_id, status, approval: { id: outcome.approval.id } };
    default:
      return { execution_id, status, error: plainError(toWireError(outcome.error, execution_id)) };
  }
}

/** An outcome as JSON. A result that JSON cannot carry becomes a failure that says so. */
export function writeOutcome(outcome: InvocationOutcome): {
  readonly outcome: InvocationOutcome;
  readonly json: string;
} {
  try {
    return { outcome, json: JSON.stringify(toWireOutcome(outcome)) };
  } catch (cause) {
    const error = new CapstanError('CAPSTAN_INVALID_OUTPUT', 'the result cannot be written as JSON', { cause });
    const failed: InvocationOutcome = { status: 'failed', executionId: outcome.executionId, error };
    return { outcome: failed, json: JSON.stringify(toWireOutcome(failed)) };
  }
}

/** The answer to one call: the status follows from the outcome, an error's from its code. */
export function outcomeReply(given: InvocationOutcome, limit?: WindowState): HttpReply {
  const { outcome, json } = writeOutcome(given);
  const left = limit === undefined ? {} : { headers: limitHeaders(limit) };
  if (outcome.status === 'succeeded') return { status: 200, ...left, body: undefined, json };
  if (outcome.status === 'pending') return { status: 202, ...left, body: undefined, json };
  return {
    status: ERROR_CODES[outcome.error.code].httpStatus,
    headers: { ...left.headers, ...headersOf(outcome.error) },
    body: undefined,
    json,
  };
}

/** A message may quote a stranger. */
function plainError(error: WireError): WireError {
  return { ...error, message: plainText(error.message) };
}

/** The answer to a request that never became a call. */
export function errorReply(error: CapstanError): HttpReply {
  return {
    status: ERROR_CODES[error.code].httpStatus,
    headers: headersOf(error),
    body: { error: plainError(toWireError(error)) },
  };
}

/** Longer than an hour nobody should wait before asking again, whatever a remote service says. */
const MAX_WAIT_SECONDS = 3600;

function waitSeconds(waitMs: number): number {
  return Math.min(MAX_WAIT_SECONDS, Math.max(1, Math.ceil(waitMs / 1000) || 1));
}

/** draft-ietf-httpapi-ratelimit-headers: a policy by name, what is left of it, and until when, in whole seconds. */
function limitHeaders({ rule, remaining, resetMs }: WindowState): Readonly<Record<string, string>> {
  return {
    'ratelimit-policy': `"${rule.name}";q=${rule.limit};w=${Math.ceil(rule.windowMs / 1000)}`,
    ratelimit: `"${rule.name}";r=${remaining};t=${Math.max(1, Math.ceil(resetMs / 1000))}`,
  };
}

function headersOf({ code, details }: CapstanError): Readonly<Record<string, string>> {
  const { retry_after_ms: waitMs, limit, window_ms: windowMs, policy } = details;
  const headers: Record<string, string> = {};
  // RFC 9110, 10.2.3: whole seconds.
  if (typeof waitMs === 'number') headers['retry-after'] = String(waitSeconds(waitMs));
  if (code === 'CAPSTAN_RATE_LIMITED' && typeof limit === 'number' && typeof windowMs === 'number') {
    const name = typeof policy === 'string' ? policy : 'calls';
    const rule = { key: '', limit, windowMs, begins: 'first_call', name } as const;
    Object.assign(headers, limitHeaders({ rule, remaining: 0, resetMs: typeof waitMs === 'number' ? waitMs : 1_000 }));
  }
  return headers;
}
