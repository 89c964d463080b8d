import { spendSecret } from '@capstan/schema';
import { CapstanError, type JsonObject, type RemoteCall, type Secret, type ToolContext } from '@capstan/sdk';
import { continuedTrace, traceParentOf } from './trace-parent.ts';

/** A call whose context may carry the trace that it belongs to. */
export interface TracedRemoteCall extends RemoteCall {
  readonly context: ToolContext & {
    /** W3C `traceparent`. Default: one whose trace id is the execution id. */
    readonly traceparent?: string | undefined;
  };
}

/** The part of a request that stays the same over all attempts. */
export interface ContractRequest {
  /** Below the base URL. */
  readonly path: string;
  readonly body: string;
  readonly idempotencyKey: string;
  readonly traceparent: string;
}

/** Writes a call as the remote tool contract wants it. @throws CapstanError `CAPSTAN_INVALID_ARGUMENTS`. */
export function writeRequest(call: TracedRemoteCall): ContractRequest {
  return {
    path: `/v1/tools/${encodeURIComponent(`${call.toolType}.${call.action}`)}`,
    body: writeBody(call.params, call.context),
    idempotencyKey: call.context.idempotencyKey,
    traceparent: continuedTrace(call.context.traceparent) ?? traceParentOf(call.context.executionId),
  };
}

/** The headers of one attempt, in the contract's order; the token is spent here and kept nowhere. */
export function writeHeaders(
  request: ContractRequest,
  attempt: { readonly token: Secret | string | undefined; readonly timeoutMs: number },
): readonly string[] {
  const headers = [
    'Content-Type',
    'application/json',
    'Idempotency-Key',
    request.idempotencyKey,
    'traceparent',
    request.traceparent,
    'X-Capstan-Contract',
    '1',
    'X-Capstan-Deadline-Ms',
    String(attempt.timeoutMs),
  ];
  const { token } = attempt;
  if (token === undefined) return headers;
  return ['Authorization', `Bearer ${typeof token === 'string' ? token : spendSecret(token)}`, ...headers];
}

function writeBody(params: JsonObject, context: ToolContext): string {
  if (params.context !== undefined) {
    throw new CapstanError('CAPSTAN_INVALID_ARGUMENTS', 'A parameter of a remote tool may not be named "context".', {
      hint: 'Rename the parameter: the contract keeps "context" for the tenant, the workspace and the execution id.',
      details: { problems: [{ pointer: '/context', message: 'the name is reserved' }] },
    });
  }
  try {
    return JSON.stringify({ ...params, context: contextOf(context) });
  } catch (cause) {
    throw new CapstanError('CAPSTAN_INVALID_ARGUMENTS', 'The parameters cannot be written as JSON.', { cause });
  }
}

/** Only what the contract names and the tool declared travels; a declared key cannot stand in for one of ours. */
function contextOf({ tenantId, workspaceId, executionId, extra }: ToolContext): JsonObject {
  const own = { tenant_id: tenantId, workspace_id: workspaceId, execution_id: executionId };
  return { ...own, ...extra, ...own };
}
