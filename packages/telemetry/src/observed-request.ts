/** The trace that a request is part of, as W3C Trace Context writes it. */
export interface TraceContext {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** A request as it comes in. */
export interface TracedRequest extends TraceContext {
  readonly method: string;
  /** Without the query: that may hold anything. */
  readonly path: string;
}

/** A request under way. */
export interface RequestSpan {
  /** For everything that the request causes. */
  readonly traceparent: string;
  /** @param route as it was mounted; undefined where none fits */
  end(status: number, route: string | undefined): void;
}

/** Makes a span of each request. */
export interface RequestTracing {
  begin(request: TracedRequest): RequestSpan;
}
