import { TRACEPARENT_META_KEY, TRACESTATE_META_KEY } from '@modelcontextprotocol/server';

/** The trace of a request, as it travels on. */
export interface RequestTrace {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

const NO_TRACE: RequestTrace = Object.freeze({});

/** W3C Trace Context of a request: of its `_meta` (SEP-414), else of its HTTP headers. Both parts come from one place. */
export function traceOf(
  meta: Readonly<Record<string, unknown>> | undefined,
  header: (name: string) => unknown,
): RequestTrace {
  const fromMeta = meta?.[TRACEPARENT_META_KEY];
  const isInMeta = typeof fromMeta === 'string';
  const traceparent = isInMeta ? fromMeta : header('traceparent');
  if (typeof traceparent !== 'string') return NO_TRACE;
  const tracestate = isInMeta ? meta?.[TRACESTATE_META_KEY] : header('tracestate');
  return typeof tracestate === 'string' ? { traceparent, tracestate } : { traceparent };
}
