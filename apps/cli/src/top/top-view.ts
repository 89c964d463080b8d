import type { ServerTelemetry, ToolTelemetry } from '@capstan/server';

/** One tool between two looks. Rates are per second. */
export interface TopTool {
  readonly workspace: string;
  readonly tool: string;
  readonly calls: number;
  readonly calls_per_s: number;
  readonly failed: number;
  readonly denied: number;
  /** Refused because somebody called too often. */
  readonly limited: number;
  /** In ms, to the bound of the bucket that it falls into; null where nothing was called. Over all workspaces. */
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
}

/** What happened between two looks at a server; since its start, where there was one look. */
export interface TopView {
  readonly at: string;
  readonly seconds: number;
  readonly running: number;
  readonly calls_per_s: number;
  readonly failed: number;
  readonly denied: number;
  /** Shares of one processor. */
  readonly cpu: number;
  readonly resident_bytes: number;
  readonly loop_delay_p99_ms: number;
  readonly tools: readonly TopTool[];
  readonly circuits: ServerTelemetry['circuits'];
}

const LIMITED = 'CAPSTAN_RATE_LIMITED';

/** Compares two looks. A server that was started anew in between is looked at from its start. */
export function topView(now: ServerTelemetry, earlier: ServerTelemetry | undefined): TopView {
  const isSame = earlier !== undefined && earlier.process.uptime_s <= now.process.uptime_s;
  const before = isSame ? earlier : undefined;
  const seconds = before === undefined ? now.process.uptime_s : (Date.parse(now.at) - Date.parse(before.at)) / 1000;
  const perSecond = (count: number): number => (seconds > 0 ? count / seconds : 0);
  const tools = now.tools.map((tool) => toolView(tool, now, before, perSecond)).filter(({ calls }) => calls > 0);
  const sum = (pick: (tool: TopTool) => number): number => tools.reduce((total, tool) => total + pick(tool), 0);
  return {
    at: now.at,
    seconds,
    running: now.running,
    calls_per_s: perSecond(sum(({ calls }) => calls)),
    failed: sum(({ failed }) => failed),
    denied: sum(({ denied }) => denied),
    cpu: perSecond(now.process.cpu_s - (before?.process.cpu_s ?? 0)),
    resident_bytes: now.process.resident_bytes,
    loop_delay_p99_ms: now.process.loop_delay_p99_s * 1000,
    tools: tools.toSorted((one, other) => other.calls - one.calls || (one.tool < other.tool ? -1 : 1)),
    circuits: now.circuits,
  };
}

function toolView(
  tool: ToolTelemetry,
  now: ServerTelemetry,
  before: ServerTelemetry | undefined,
  perSecond: (count: number) => number,
): TopTool {
  const old = before?.tools.find((one) => one.workspace === tool.workspace && one.tool === tool.tool);
  const grown = (pick: (counts: ToolTelemetry) => number): number => pick(tool) - (old === undefined ? 0 : pick(old));
  const calls = grown(({ succeeded, failed, denied, pending }) => succeeded + failed + denied + pending);
  const buckets = bucketsBetween(tool.tool, now, before);
  return {
    workspace: tool.workspace,
    tool: tool.tool,
    calls,
    calls_per_s: perSecond(calls),
    failed: grown(({ failed }) => failed),
    denied: grown(({ denied }) => denied),
    limited: errorsOf(tool.tool, now) - (before === undefined ? 0 : errorsOf(tool.tool, before)),
    p50_ms: percentile(buckets, now.bounds_s, 0.5),
    p95_ms: percentile(buckets, now.bounds_s, 0.95),
  };
}

function errorsOf(tool: string, { errors }: ServerTelemetry): number {
  return errors.find((error) => error.tool === tool && error.code === LIMITED)?.count ?? 0;
}

function bucketsBetween(tool: string, now: ServerTelemetry, before: ServerTelemetry | undefined): readonly number[] {
  const [current, old] = [now, before].map((look) => look?.durations.find((one) => one.tool === tool)?.buckets ?? []);
  return (current ?? []).map((count, index) => count - (old?.[index] ?? 0));
}

/** The bound of the bucket in which a share of all values lies, in ms; of the last one, the highest bound. */
function percentile(buckets: readonly number[], boundsS: readonly number[], share: number): number | null {
  const all = buckets.reduce((total, count) => total + count, 0);
  if (all === 0) return null;
  let below = 0;
  for (const [index, count] of buckets.entries()) {
    below += count;
    if (below >= all * share) return (boundsS[Math.min(index, boundsS.length - 1)] ?? 0) * 1000;
  }
  return null;
}
