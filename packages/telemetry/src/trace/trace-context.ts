import { type Context, createTraceState, ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api';
import type { TraceContext } from '../observed-request.ts';

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;
/** W3C Trace Context, 3.3.1.5: what is longer may be dropped. */
const MAX_TRACESTATE_LENGTH = 512;

/** The context that a `traceparent` names; the root of a new trace where it is none: it comes from strangers. */
export function parentContext({ traceparent, tracestate }: TraceContext): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  const isStateful = tracestate !== undefined && tracestate.length <= MAX_TRACESTATE_LENGTH;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(isStateful ? { traceState: createTraceState(tracestate) } : {}),
  });
}

/** The `traceparent` of a span, for what it calls. */
export function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`;
}
