import { type Counter, DURATION_BOUNDS, type Histogram, type MetricRegistry } from '@capstan/telemetry';

/** One answered request. */
export interface AnsweredRequest {
  readonly method: string;
  /** As it was mounted, such as `/v1/workspaces/:workspace/tools`; never what a client wrote. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

/** Counts what the server answers, by route and status, as OpenTelemetry's conventions for HTTP servers name it. */
export class HttpMetrics {
  readonly #durations: (request: AnsweredRequest) => Histogram;
  readonly #refused: (reason: string) => Counter;

  constructor(registry: MetricRegistry) {
    const durations = registry.histogram(
      {
        name: 'http_server_request_duration_seconds',
        help: 'How long requests take, by route and status.',
        labels: ['http_request_method', 'http_route', 'http_response_status_code'],
        otel: { name: 'http.server.request.duration', unit: 's' },
      },
      DURATION_BOUNDS,
    );
    const refused = registry.counter({
      name: 'capstan_requests_refused_total',
      help: 'Requests of nobody who is known, and of whoever has to wait or is blocked.',
      labels: ['reason'],
      otel: { name: 'capstan.requests.refused', unit: '{request}' },
    });
    this.#durations = ({ method, route, status }) => durations.of(method, route, String(status));
    this.#refused = (reason) => refused.of(reason);
  }

  answered(request: AnsweredRequest): void {
    this.#durations(request).observe(request.durationMs / 1000);
    const reason = REFUSALS.get(request.status);
    if (reason !== undefined) this.#refused(reason).add();
  }
}

const REFUSALS: ReadonlyMap<number, string> = new Map([
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [429, 'too_many'],
]);
