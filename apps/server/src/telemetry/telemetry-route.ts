import type { Host } from '@capstan/host';
import type { JsonValue } from '@capstan/sdk';
import type { MetricRegistry, MetricSnapshot } from '@capstan/telemetry';
import { requireWholeHost } from '../auth/access.ts';
import type { Route } from '../rest/route.ts';

/** Counts of one tool in one workspace, since the start of the server. */
export interface ToolTelemetry {
  readonly workspace: string;
  readonly tool: string;
  readonly succeeded: number;
  readonly failed: number;
  readonly denied: number;
  readonly pending: number;
}

/** How long calls of one tool took, over all workspaces: how many at most each bound, the last one above all. */
export interface ToolDurations {
  readonly tool: string;
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sum_s: number;
}

/** What a server is doing, as counts since its start: whoever asks twice knows what happened between. */
export interface ServerTelemetry {
  /** ISO 8601. */
  readonly at: string;
  readonly running: number;
  readonly tools: readonly ToolTelemetry[];
  /** Upper bounds of the durations, in seconds. */
  readonly bounds_s: readonly number[];
  readonly durations: readonly ToolDurations[];
  /** Failed and denied calls, by tool and code. */
  readonly errors: readonly { readonly tool: string; readonly code: string; readonly count: number }[];
  readonly circuits: readonly JsonValue[];
  readonly process: {
    readonly uptime_s: number;
    readonly cpu_s: number;
    readonly resident_bytes: number;
    readonly loop_delay_p99_s: number;
  };
}

/** `GET /v1/telemetry`, for `capstan top` and for consoles. */
export function telemetryRoute(host: Pick<Host, 'circuits'>, registry: MetricRegistry, now: () => number): Route {
  return {
    method: 'get',
    path: '/v1/telemetry',
    operationId: 'readTelemetry',
    tag: 'operations',
    summary: 'What the server is doing',
    description:
      'Counts since the start: calls by tool and outcome, how long they took, errors by code, circuits, the process. It shows all workspaces, so it takes an operator of all of them.',
    access: 'operator',
    responses: {
      200: {
        type: 'object',
        required: ['at', 'running', 'tools', 'bounds_s', 'durations', 'errors', 'circuits', 'process'],
        properties: {
          at: { type: 'string' },
          running: { type: 'integer' },
          tools: { type: 'array', items: { type: 'object' } },
          bounds_s: { type: 'array', items: { type: 'number' } },
          durations: { type: 'array', items: { type: 'object' } },
          errors: { type: 'array', items: { type: 'object' } },
          circuits: { type: 'array', items: { type: 'object' } },
          process: { type: 'object' },
        },
      },
    },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND'],
    handle: ({ caller }) => {
      requireWholeHost(caller);
      return { status: 200, body: telemetryOf(registry.snapshot(), host.circuits(), now()) };
    },
  };
}

function telemetryOf(metrics: readonly MetricSnapshot[], circuits: readonly JsonValue[], now: number): ServerTelemetry {
  const byName = new Map(metrics.map((metric) => [metric.of.name, metric]));
  const one = (name: string): number => countsOf(byName.get(name))[0]?.value ?? 0;
  const durations = byName.get('capstan_call_duration_seconds');
  return {
    at: new Date(now).toISOString(),
    running: one('capstan_calls_running'),
    tools: toolsOf(countsOf(byName.get('capstan_calls_total'))),
    bounds_s: durations?.kind === 'histogram' ? durations.bounds : [],
    durations:
      durations?.kind !== 'histogram'
        ? []
        : durations.series.map(({ labels: [tool = ''], buckets, count, sum }) => ({
            tool,
            buckets,
            count,
            sum_s: sum,
          })),
    errors: countsOf(byName.get('capstan_call_errors_total')).map(({ labels: [tool = '', code = ''], value }) => ({
      tool,
      code,
      count: value,
    })),
    circuits,
    process: {
      uptime_s: now / 1000 - one('process_start_time_seconds'),
      cpu_s: one('process_cpu_seconds_total'),
      resident_bytes: one('process_resident_memory_bytes'),
      loop_delay_p99_s: one('nodejs_eventloop_delay_p99_seconds'),
    },
  };
}

type Counts = Extract<MetricSnapshot, { kind: 'counter' | 'gauge' }>['series'];

function countsOf(metric: MetricSnapshot | undefined): Counts {
  return metric === undefined || metric.kind === 'histogram' ? [] : metric.series;
}

function toolsOf(series: Counts): readonly ToolTelemetry[] {
  const tools = new Map<string, { -readonly [Key in keyof ToolTelemetry]: ToolTelemetry[Key] }>();
  for (const { labels, value } of series) {
    const [workspace = '', tool = '', status = ''] = labels;
    const key = `${workspace}\u0000${tool}`;
    const counts = tools.get(key) ?? { workspace, tool, succeeded: 0, failed: 0, denied: 0, pending: 0 };
    if (status === 'succeeded' || status === 'failed' || status === 'denied' || status === 'pending')
      counts[status] += value;
    tools.set(key, counts);
  }
  return [...tools.values()];
}
