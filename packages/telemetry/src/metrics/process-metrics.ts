import type { CounterSeries, MetricDescription } from './metric.ts';
import type { MetricRegistry } from './metric-registry.ts';

/** What the process says of itself. */
export interface ProcessFacts {
  /** Of user and system, in seconds. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  /** In seconds since the epoch. */
  readonly startedAt: number;
  /** How late timers are, at the 99th percentile, in seconds. */
  readonly loopDelaySeconds: number;
}

/** The usual metrics of a process, under their usual names. */
export function addProcessMetrics(registry: MetricRegistry, read: () => ProcessFacts): void {
  const add = (name: string, help: string, pick: (facts: ProcessFacts) => number, kind?: 'counter'): void => {
    const of: MetricDescription = { name, help, labels: [] };
    registry.observe(of, (): readonly CounterSeries[] => [{ labels: [], value: pick(read()) }], kind);
  };
  add('process_cpu_seconds_total', 'CPU time of the process.', ({ cpuSeconds }) => cpuSeconds, 'counter');
  add('process_resident_memory_bytes', 'Memory of the process.', ({ residentBytes }) => residentBytes);
  add('process_start_time_seconds', 'When the process started.', ({ startedAt }) => startedAt);
  add('nodejs_heap_used_bytes', 'Memory that JavaScript uses.', ({ heapUsedBytes }) => heapUsedBytes);
  add('nodejs_eventloop_delay_p99_seconds', 'How late timers are.', ({ loopDelaySeconds }) => loopDelaySeconds);
}
