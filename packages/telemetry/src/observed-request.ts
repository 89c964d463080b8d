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

/** A request that goes out, as a part of a trace. */
export interface OutgoingRequest {
  readonly method: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Of what causes it. */
  readonly traceparent: string;
}

/** A request outwards that is under way. */
export interface OutgoingSpan {
  /** Goes out with the request. */
  readonly traceparent: string;
  /** With the status of the answer, or with what went wrong in its place. */
  end(result: { readonly status?: number; readonly error?: string }): void;
}

/** Makes a span of each request outwards. */
export interface OutgoingTracing {
  begin(request: OutgoingRequest): OutgoingSpan;
}
