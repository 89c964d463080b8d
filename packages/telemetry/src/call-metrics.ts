import type { InvocationOutcome } from '@capstan/sdk';
import type { Counter, Family, Histogram, MetricRegistry } from './metrics/metric-registry.ts';
import type { CallObservation, CallObserver, ObservedCall } from './observed-call.ts';

/** Bounds of durations, in seconds: from a cached answer to a slow service. */
export const DURATION_BOUNDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** Tools whose series are kept at hand; of others they are looked up each time. */
const KEPT_TOOLS = 1_000;
/** A name that leads to no tool is somebody's typing, and no label. */
const UNKNOWN_TOOL = '_unknown';

interface ToolSeries {
  readonly duration: Histogram;
  readonly byStatus: Readonly<Record<InvocationOutcome['status'], Counter>>;
}

/** Counts calls by tool, workspace and outcome, and measures how long they take. */
export class CallMetrics implements CallObserver {
  readonly #calls: Family<Counter>;
  readonly #errors: Family<Counter>;
  readonly #durations: Family<Histogram>;
  readonly #now: () => number;
  /** By workspace and tool: two look-ups are cheaper than one by a text that has to be joined. */
  readonly #kept = new Map<string, Map<string, ToolSeries>>();
  #keptTools = 0;
  #running = 0;

  /** @param now a clock that only goes forward, in ms */
  constructor(registry: MetricRegistry, now: () => number) {
    this.#now = now;
    this.#calls = registry.counter({
      name: 'capstan_calls_total',
      help: 'Calls of tools, by outcome.',
      labels: ['workspace', 'tool', 'status'],
      otel: { name: 'capstan.calls', unit: '{call}' },
    });
    this.#errors = registry.counter({
      name: 'capstan_call_errors_total',
      help: 'Calls that failed or were denied, by error code.',
      labels: ['tool', 'code'],
      otel: { name: 'capstan.call.errors', unit: '{call}' },
    });
    this.#durations = registry.histogram(
      {
        name: 'capstan_call_duration_seconds',
        help: 'How long calls of tools take, with everything that the host does.',
        labels: ['tool'],
        otel: { name: 'capstan.call.duration', unit: 's' },
      },
      DURATION_BOUNDS,
    );
    registry.observe(
      {
        name: 'capstan_calls_running',
        help: 'Calls under way.',
        labels: [],
        otel: { name: 'capstan.calls.running', unit: '{call}' },
      },
      () => [{ labels: [], value: this.#running }],
    );
  }

  begin(call: ObservedCall): CallObservation {
    this.#running += 1;
    const startedAt = this.#now();
    return { traceparent: undefined, end: (outcome) => this.#end(call, outcome, startedAt) };
  }

  #end(call: ObservedCall, outcome: InvocationOutcome, startedAt: number): void {
    this.#running -= 1;
    const tool = call.tool?.definition.id ?? UNKNOWN_TOOL;
    const series = this.#seriesOf(call.workspaceId, tool);
    series.byStatus[outcome.status].add();
    series.duration.observe((this.#now() - startedAt) / 1000);
    if ('error' in outcome) this.#errors.of(tool, outcome.error.code).add();
  }

  #seriesOf(workspace: string, tool: string): ToolSeries {
    const known = this.#kept.get(workspace)?.get(tool);
    if (known !== undefined) return known;
    const of = (status: InvocationOutcome['status']): Counter => this.#calls.of(workspace, tool, status);
    const series: ToolSeries = {
      duration: this.#durations.of(tool),
      byStatus: { succeeded: of('succeeded'), failed: of('failed'), denied: of('denied'), pending: of('pending') },
    };
    if (this.#keptTools < KEPT_TOOLS) {
      this.#keptTools += 1;
      const ofWorkspace = this.#kept.get(workspace) ?? new Map<string, ToolSeries>();
      this.#kept.set(workspace, ofWorkspace.set(tool, series));
    }
    return series;
  }
}
