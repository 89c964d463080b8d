export { CallMetrics, DURATION_BOUNDS } from './call-metrics.ts';
export { createLog, type Log, type LogDestination, type LogOptions, type StructuredLog } from './log/create-log.ts';
export type {
  CounterSeries,
  HistogramSeries,
  LabelValues,
  MetricDescription,
  MetricSnapshot,
} from './metrics/metric.ts';
export { Counter, Family, Histogram, MetricRegistry } from './metrics/metric-registry.ts';
export { addProcessMetrics, type ProcessFacts } from './metrics/process-metrics.ts';
export { PROMETHEUS_CONTENT_TYPE, prometheusText } from './metrics/prometheus-text.ts';
export type { CallObservation, CallObserver, ObservedCall } from './observed-call.ts';
export type {
  OutgoingRequest,
  OutgoingSpan,
  OutgoingTracing,
  RequestSpan,
  RequestTracing,
  TracedRequest,
} from './observed-request.ts';
