/** Loaded only where telemetry is sent somewhere: OpenTelemetry costs nothing where it is off. */
export { type MetricPushOptions, pushMetrics } from './metric-push.ts';
export { openTracing, type Tracing, type TracingOptions } from './open-tracing.ts';
export type { OtlpSend, OtlpSignal, TelemetryResource } from './otlp-sender.ts';
