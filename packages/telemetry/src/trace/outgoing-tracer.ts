import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { OutgoingRequest, OutgoingSpan, OutgoingTracing } from '../observed-request.ts';
import { parentContext, traceparentOf } from './trace-context.ts';

/**
 * A span for each request outwards, each attempt of a call its own, as OpenTelemetry's conventions for HTTP clients have it;
 * without the path: that of a declared HTTP tool holds arguments.
 */
export class OutgoingTracer implements OutgoingTracing {
  readonly #tracer: Tracer;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  begin({ method, origin, traceparent }: OutgoingRequest): OutgoingSpan {
    const { hostname, port, protocol } = new URL(origin);
    const scheme = protocol.replace(':', '');
    const attributes = {
      'http.request.method': method,
      'server.address': hostname,
      'server.port': Number(port || (scheme === 'https' ? 443 : 80)),
      'url.scheme': scheme,
    };
    const span = this.#tracer.startSpan(method, { kind: SpanKind.CLIENT, attributes }, parentContext({ traceparent }));
    return {
      traceparent: traceparentOf(span.spanContext()),
      end: ({ status, error }) => {
        if (status !== undefined) span.setAttribute('http.response.status_code', status);
        const failure = error ?? (status !== undefined && status >= 400 ? String(status) : undefined);
        if (failure !== undefined) span.setAttribute('error.type', failure).setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  }
}
