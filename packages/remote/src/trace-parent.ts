import { createHash } from 'node:crypto';

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;

/**
 * A `traceparent` (W3C Trace Context) for an invocation that is not traced yet. Its trace id is the UUID of the
 * execution id, so that an operator finds the service's trace by the id that every outcome names.
 */
export function traceParentOf(executionId: string): string {
  const uuid = executionId.slice(-36).replaceAll('-', '');
  const traceId = TRACE_ID.test(uuid) ? uuid : createHash('sha256').update(executionId).digest('hex').slice(0, 32);
  return `00-${traceId}-${traceId.slice(16)}-01`;
}

const TRACE_PARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The caller's own `traceparent`, where it is one: it may come from an untrusted header. */
export function continuedTrace(traceparent: string | undefined): string | undefined {
  return traceparent !== undefined && TRACE_PARENT.test(traceparent) ? traceparent : undefined;
}
