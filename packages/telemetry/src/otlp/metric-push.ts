import { type HrTime, ValueType } from '@opentelemetry/api';
import { JsonMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { LabelValues, MetricDescription, MetricSnapshot } from '../metrics/metric.ts';
import type { MetricRegistry } from '../metrics/metric-registry.ts';
import type { OtlpSend, TelemetryResource } from './otlp-sender.ts';

/*
 * 1. Everything is sent as a sum since the start: a lost message loses nothing.
 * 2. One message at a time; a timer that finds one under way leaves out its turn.
 */

/** What {@link pushMetrics} takes. */
export interface MetricPushOptions {
  readonly registry: MetricRegistry;
  readonly resource: TelemetryResource;
  readonly send: OtlpSend;
  /** Default 60,000. */
  readonly everyMs?: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** Sends metrics from time to time. Returns what sends them once more and ends it. */
export function pushMetrics(options: MetricPushOptions): () => Promise<void> {
  const { registry, resource, send, everyMs = 60_000, now, onError } = options;
  const startedAt = now();
  let sending: Promise<void> | undefined;
  const push = (): Promise<void> => {
    if (sending !== undefined) return sending;
    const metrics = registry.snapshot().flatMap((metric) => metricDataOf(metric, startedAt, now()));
    const body = JsonMetricsSerializer.serializeRequest(resourceMetrics(resource, metrics));
    sending = send('metrics', body ?? new Uint8Array())
      .catch(onError)
      .finally(() => {
        sending = undefined;
      });
    return sending;
  };
  const timer = setInterval(() => void push(), everyMs).unref();
  return async () => {
    clearInterval(timer);
    await sending;
    await push();
  };
}

function resourceMetrics(resource: TelemetryResource, metrics: MetricData[]): ResourceMetrics {
  return {
    resource: resourceFromAttributes({
      'service.name': resource.serviceName,
      'service.version': resource.serviceVersion,
      'service.instance.id': resource.instanceId,
    }),
    scopeMetrics: [{ scope: { name: 'capstan', version: resource.serviceVersion }, metrics }],
  };
}

/** A metric that has a name there. */
function metricDataOf(metric: MetricSnapshot, startedAt: number, now: number): MetricData[] {
  const { otel, help: description, labels: names } = metric.of;
  if (otel === undefined) return [];
  const common = {
    descriptor: { ...otel, description, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const times = { startTime: hrTimeOf(startedAt), endTime: hrTimeOf(now) };
  if (metric.kind === 'histogram') {
    const boundaries = [...metric.bounds];
    const dataPoints = metric.series.map(({ labels, buckets, sum, count }) => ({
      ...times,
      attributes: attributesOf(names, labels),
      value: { buckets: { boundaries, counts: [...buckets] }, sum, count },
    }));
    return [{ ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints }];
  }
  const dataPoints = metric.series.map(({ labels, value }) => ({
    ...times,
    attributes: attributesOf(names, labels),
    value,
  }));
  if (metric.kind === 'gauge') return [{ ...common, dataPointType: DataPointType.GAUGE, dataPoints }];
  return [{ ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }];
}

/** The labels that conventions name have dots there. */
function attributesOf(names: MetricDescription['labels'], values: LabelValues): Record<string, string | number> {
  return Object.fromEntries(
    names.map((name, index) => {
      const value = values[index] ?? '';
      const key = CONVENTIONAL[name] ?? `capstan.${name}`;
      return [key, name === 'http_response_status_code' ? Number(value) : value];
    }),
  );
}

const CONVENTIONAL: Readonly<Record<string, string>> = {
  tool: 'gen_ai.tool.name',
  code: 'error.type',
  http_request_method: 'http.request.method',
  http_route: 'http.route',
  http_response_status_code: 'http.response.status_code',
};

function hrTimeOf(ms: number): HrTime {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}
