import type { IncomingMessage } from 'node:http';
import type { RequestSpan, RequestTracing } from '@capstan/telemetry';
import type { FastifyInstance } from 'fastify';

/** Asked every few seconds by machines; nobody looks for their traces. */
const UNTRACED: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/** The spans of requests under way. A request that is looked at twice, before and in the framework, has one. */
export class RequestSpans {
  readonly #tracing: RequestTracing;
  readonly #spans = new WeakMap<IncomingMessage, RequestSpan>();

  constructor(tracing: RequestTracing) {
    this.#tracing = tracing;
  }

  /** From here on the request's `traceparent` is that of its span, so that what it causes hangs below it. */
  begin(request: IncomingMessage): void {
    const path = request.url?.split('?', 1)[0] ?? '/';
    if (this.#spans.has(request) || UNTRACED.has(path)) return;
    const { traceparent, tracestate } = request.headers;
    const span = this.#tracing.begin({
      method: request.method ?? 'GET',
      path,
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
      tracestate: typeof tracestate === 'string' ? tracestate : undefined,
    });
    this.#spans.set(request, span);
    request.headers.traceparent = span.traceparent;
  }

  end(request: IncomingMessage, status: number, route: string | undefined): void {
    this.#spans.get(request)?.end(status, route);
    this.#spans.delete(request);
  }
}

/** Begins and ends the spans of what the framework sees. A stream ends its own when its connection does. */
export function traceRequests(app: FastifyInstance, spans: RequestSpans): void {
  app.addHook('onRequest', async ({ raw, routeOptions }, reply) => {
    spans.begin(raw);
    reply.raw.once('close', () => spans.end(raw, reply.raw.statusCode, routeOptions.url));
  });
}
