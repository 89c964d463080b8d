import { CapstanError, type JsonObject, type RemoteBatchCall, type RemoteCall, type ToolContext } from '@capstan/sdk';
import { continuedTrace, traceParentOf } from './trace-parent.ts';

/** A call whose context may carry the trace that it belongs to. */
export interface TracedRemoteCall extends RemoteCall {
  readonly context: ToolContext & {
    /** W3C `traceparent`. Default: one whose trace id is the execution id. */
    readonly traceparent?: string | undefined;
    /** W3C `tracestate` that came with it. */
    readonly tracestate?: string | undefined;
  };
}

/** A batch whose context may carry the trace that it belongs to. */
export interface TracedBatchCall extends RemoteBatchCall {
  readonly context: TracedRemoteCall['context'];
}

/** The part of a request that stays the same over all attempts. */
export interface ContractRequest {
  /** Below the base URL. */
  readonly path: string;
  readonly body: string;
  readonly idempotencyKey: string;
  readonly traceparent: string;
  /** Only with a trace that goes on. */
  readonly tracestate?: string;
}

/** Writes a call as the remote tool contract wants it. @throws CapstanError `CAPSTAN_INVALID_ARGUMENTS`. */
export function writeRequest(call: TracedRemoteCall): ContractRequest {
  return {
    path: `/v1/tools/${encodeURIComponent(`${call.toolType}.${call.action}`)}`,
    body: writeBody(call.params, call.context),
    idempotencyKey: call.context.idempotencyKey,
    ...traceOf(call.context),
  };
}

/** Writes a batch. Each item is the body of a single call; the context holds for all. @throws CapstanError */
export function writeBatchRequest(call: TracedBatchCall): ContractRequest {
  const { toolType, action, context, items } = call;
  for (const params of items) refuseContext(params);
  return {
    path: `/v1/tools/${encodeURIComponent(`${toolType}.${action}`)}:batch`,
    body: json({ items, context: contextOf(context) }),
    idempotencyKey: context.idempotencyKey,
    ...traceOf(context),
  };
}

/** The headers of one attempt, in the contract's order; credentials are put before them where they are sent. */
export function writeHeaders(
  request: ContractRequest,
  attempt: {
    readonly timeoutMs: number;
    readonly wantsEvents?: boolean;
  },
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
  if (request.tracestate !== undefined) headers.push('tracestate', request.tracestate);
  if (attempt.wantsEvents) headers.push('Accept', EVENTS_OR_JSON);
  return headers;
}

const TRACE_STATE = /^[\x20-\x7e]{1,512}$/;

/** The trace that the caller's context names, else one of our own. */
function traceOf(context: TracedRemoteCall['context']): Pick<ContractRequest, 'traceparent' | 'tracestate'> {
  const traceparent = continuedTrace(context.traceparent);
  if (traceparent === undefined) return { traceparent: traceParentOf(context.executionId) };
  const { tracestate } = context;
  return tracestate !== undefined && TRACE_STATE.test(tracestate) ? { traceparent, tracestate } : { traceparent };
}

/** For a caller that watches: the service may tell how far it is. */
const EVENTS_OR_JSON = 'text/event-stream, application/json';

/** The headers of a request that only asks: for a job, or for what the service offers. */
export const ASKING_HEADERS: readonly string[] = ['Accept', 'application/json', 'X-Capstan-Contract', '1'];

function writeBody(params: JsonObject, context: ToolContext): string {
  refuseContext(params);
  return json({ ...params, context: contextOf(context) });
}

function refuseContext(params: JsonObject): void {
  if (params.context === undefined) return;
  throw new CapstanError('CAPSTAN_INVALID_ARGUMENTS', 'A parameter of a remote tool may not be named "context".', {
    hint: 'Rename the parameter: the contract keeps "context" for the tenant, the workspace and the execution id.',
    details: { problems: [{ pointer: '/context', message: 'the name is reserved' }] },
  });
}

function json(body: JsonObject): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    throw new CapstanError('CAPSTAN_INVALID_ARGUMENTS', 'The parameters cannot be written as JSON.', { cause });
  }
}

/** Only what the contract names and the tool declared travels; a declared key cannot stand in for one of ours. */
function contextOf({ tenantId, workspaceId, executionId, extra }: ToolContext): JsonObject {
  const own = { tenant_id: tenantId, workspace_id: workspaceId, execution_id: executionId };
  return { ...own, ...extra, ...own };
}
