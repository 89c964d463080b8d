import type { CallObserver } from '@capstan/host';
import { CallMetrics, MetricRegistry } from '@capstan/telemetry';

/** What a server counts and traces with. */
export interface OpenedTelemetry {
  /** For the server. */
  readonly metrics: MetricRegistry;
  /** For the host. */
  readonly observer: CallObserver;
}

/** Opens the counting of a server. */
export function openTelemetry(): OpenedTelemetry {
  const metrics = new MetricRegistry();
  return { metrics, observer: new CallMetrics(metrics, () => performance.now()) };
}
