import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Host } from '@capstan/host';
import { addProcessMetrics, type CounterSeries, type MetricRegistry } from '@capstan/telemetry';

const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;
const STATES: Readonly<Record<string, number>> = { closed: 0, half_open: 1, open: 2 };

/** What is looked at when somebody asks: circuits, packs, and the process. Returns what ends the looking. */
export function addHostMetrics(registry: MetricRegistry, host: Pick<Host, 'circuits' | 'packs'>): () => void {
  const circuits = (read: (circuit: object) => number): readonly CounterSeries[] =>
    host.circuits().flatMap((circuit) => {
      if (typeof circuit !== 'object' || circuit === null) return [];
      return [{ labels: [textAt(circuit, 'endpoint'), textAt(circuit, 'pack')], value: read(circuit) }];
    });
  const labels = ['endpoint', 'pack'];
  registry.observe(
    {
      name: 'capstan_circuit_state',
      help: 'State of a circuit breaker: 0 closed, 1 half open, 2 open.',
      labels,
      otel: { name: 'capstan.circuit.state', unit: '1' },
    },
    () => circuits((circuit) => STATES[textAt(circuit, 'state')] ?? 0),
  );
  for (const name of ['calls', 'failures', 'rejected', 'retries']) {
    registry.observe(
      {
        name: `capstan_circuit_${name}_total`,
        help: `Of an endpoint since the start: ${name}.`,
        labels,
        otel: { name: `capstan.circuit.${name}`, unit: '{call}' },
      },
      () => circuits((circuit) => numberAt(at(circuit, 'counters'), name)),
      'counter',
    );
  }
  registry.observe({ name: 'capstan_packs', help: 'Packs that were found, by state.', labels: ['state'] }, () => {
    const byState = Map.groupBy(host.packs(), ({ state }) => state.kind);
    return [...byState].map(([state, packs]) => ({ labels: [state], value: packs.length }));
  });
  return watchProcess(registry);
}

function watchProcess(registry: MetricRegistry): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const startedAt = (Date.now() - process.uptime() * 1000) / 1000;
  addProcessMetrics(registry, () => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    const facts = {
      cpuSeconds: (user + system) / MICROSECONDS,
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      startedAt,
      loopDelaySeconds: delay.percentile(99) / NANOSECONDS,
    };
    return facts;
  });
  return () => void delay.disable();
}

function at(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}

function textAt(object: object, key: string): string {
  const value = at(object, key);
  return typeof value === 'string' ? value : '';
}

function numberAt(object: unknown, key: string): number {
  const value = typeof object === 'object' && object !== null ? at(object, key) : undefined;
  return typeof value === 'number' ? value : 0;
}
