import { randomUUID } from 'node:crypto';
import { CAPSTAN_VERSION, type CallObserver, type HostSettings } from '@capstan/host';
import { createHttpClient } from '@capstan/http';
import { CallMetrics, type Log, MetricRegistry, type OutgoingTracing, type RequestTracing } from '@capstan/telemetry';
import { otlpSender } from './otlp-sender.ts';

/** What {@link openTelemetry} takes. */
export interface OpenTelemetryOptions {
  readonly settings?: HostSettings['telemetry'] | undefined;
  /** `OTEL_EXPORTER_OTLP_ENDPOINT`, where the settings name none. */
  readonly endpoint?: string | undefined;
  /** Of `telemetry.otlp.headers`, with their references resolved. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `OTEL_SERVICE_NAME`; wins over the settings. */
  readonly serviceName?: string | undefined;
  readonly log: Log;
}

/** What a server counts and traces with. */
export interface OpenedTelemetry {
  /** For the server. */
  readonly metrics: MetricRegistry;
  /** For the server, where traces are sent somewhere. */
  readonly tracing?: RequestTracing;
  /** For the host, where traces are sent somewhere. */
  readonly outgoingTracing?: OutgoingTracing;
  /** For the host. */
  readonly observer: CallObserver;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** A collector is the operator's own word, wherever it stands; no pack can send anything there. */
const EVERYWHERE = ['0.0.0.0/0', '::/0'];

/** Opens what a server counts with and, where a collector is named, what sends it there. OpenTelemetry is loaded only then. */
export async function openTelemetry(options: OpenTelemetryOptions): Promise<OpenedTelemetry> {
  const metrics = new MetricRegistry();
  const counting = new CallMetrics(metrics, () => performance.now());
  const endpoint = options.settings?.otlp.endpoint ?? options.endpoint;
  if (endpoint === undefined || endpoint === '') {
    return { metrics, observer: counting, close: () => Promise.resolve() };
  }
  const { openTracing, pushMetrics } = await import('@capstan/telemetry/otlp');
  const http = createHttpClient({ egress: { allowPrivate: EVERYWHERE } });
  const send = otlpSender({ http, endpoint, headers: options.headers ?? {} });
  const onError = oncePerChange((error) => options.log.pino.warn({ err: error }, 'telemetry was not taken'));
  const resource = {
    serviceName: options.serviceName || (options.settings?.serviceName ?? 'capstan'),
    serviceVersion: CAPSTAN_VERSION,
    instanceId: randomUUID(),
  };
  const tracing = openTracing({ resource, send, sampleRatio: options.settings?.sampleRatio ?? 1, onError });
  const stop = pushMetrics({
    registry: metrics,
    resource,
    send,
    everyMs: options.settings?.otlp.metricsIntervalMs ?? 60_000,
    now: Date.now,
    onError,
  });
  return {
    metrics,
    tracing: tracing.requests,
    outgoingTracing: tracing.outgoing,
    observer: tracing.tracing(counting),
    close: async () => {
      await Promise.all([tracing.close(), stop()]);
      await http.close();
    },
  };
}

const QUIET_MS = 300_000;

/** A collector that is away is worth one line in five minutes, not one a batch. */
function oncePerChange(tell: (error: unknown) => void): (error: unknown) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (performance.now() - toldAt < QUIET_MS) return;
    toldAt = performance.now();
    tell(error);
  };
}
