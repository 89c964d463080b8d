import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { RequestSpan, RequestTracing, TracedRequest } from '../observed-request.ts';
import { parentContext, traceparentOf } from './trace-context.ts';

/** A span for each request, as OpenTelemetry's conventions for HTTP servers have it. */
export class RequestTracer implements RequestTracing {
  readonly #tracer: Tracer;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  begin(request: TracedRequest): RequestSpan {
    const { method, path } = request;
    const attributes = { 'http.request.method': method, 'url.path': path, 'url.scheme': 'http' };
    const span = this.#tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parentContext(request));
    return {
      traceparent: traceparentOf(span.spanContext()),
      end: (status, route) => {
        if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
        span.setAttribute('http.response.status_code', status);
        // A refused client is no failure of the server.
        if (status >= 500) span.setAttribute('error.type', String(status)).setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  }
}
