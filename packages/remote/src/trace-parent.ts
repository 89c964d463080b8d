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
