import { oneLine } from '../output/display-text.ts';
import type { Printer } from '../output/printer.ts';
import { type Column, formatTable } from '../output/table.ts';
import type { TopTool, TopView } from './top-view.ts';

const MOST_TOOLS = 20;
const MOST_CIRCUITS = 8;
const MEBIBYTE = 1024 * 1024;

/** A look at a server, as a person reads it. */
export function topText(view: TopView, origin: string, { paint, width }: Pick<Printer, 'paint' | 'width'>): string {
  const style = { paint, ...(width === undefined ? {} : { width }) };
  const failed = view.failed === 0 ? '0 failed' : paint.bad(`${view.failed} failed`);
  const rows = view.tools.slice(0, MOST_TOOLS);
  const more = view.tools.length - rows.length;
  return [
    `${paint.heading(oneLine(origin))}  ${paint.quiet(`${view.at}, over ${Math.round(view.seconds)} s`)}`,
    `${rate(view.calls_per_s)} calls/s, ${view.running} running, ${failed}, ${view.denied} denied; CPU ${Math.round(view.cpu * 100)} %, memory ${Math.round(view.resident_bytes / MEBIBYTE)} MiB, loop ${view.loop_delay_p99_ms.toFixed(1)} ms`,
    '',
    rows.length === 0 ? paint.quiet('no calls') : formatTable(rows, COLUMNS, style),
    ...(more > 0 ? [paint.quiet(`and ${more} more`)] : []),
    ...circuitLines(view, { paint }),
  ].join('\n');
}

const COLUMNS: readonly Column<TopTool>[] = [
  { title: 'TOOL', cell: ({ tool }) => tool, flexible: true },
  { title: 'WORKSPACE', cell: ({ workspace }) => workspace },
  { title: 'CALLS', cell: ({ calls }) => String(calls) },
  { title: 'PER S', cell: ({ calls_per_s }) => rate(calls_per_s) },
  { title: 'FAILED', cell: ({ failed }) => String(failed) },
  { title: 'DENIED', cell: ({ denied }) => String(denied) },
  { title: 'LIMITED', cell: ({ limited }) => String(limited) },
  { title: 'P50', cell: ({ p50_ms }) => duration(p50_ms) },
  { title: 'P95', cell: ({ p95_ms }) => duration(p95_ms) },
];

/** Those that do not work come first. */
function circuitLines({ circuits }: TopView, { paint }: Pick<Printer, 'paint'>): readonly string[] {
  if (circuits.length === 0) return [];
  const known = circuits.flatMap((circuit) => (isCircuit(circuit) ? [circuit] : []));
  const sorted = known.toSorted((one, other) => Number(one.state === 'closed') - Number(other.state === 'closed'));
  return [
    '',
    paint.heading('endpoints'),
    ...sorted.slice(0, MOST_CIRCUITS).map(({ endpoint, state, counters }) => {
      const sign = state === 'closed' ? paint.good('✓') : paint.bad('✗');
      const { calls = 0, failures = 0, rejected = 0, retries = 0 } = counters;
      const counts = `${calls} calls, ${failures} failures, ${rejected} rejected, ${retries} retries`;
      return `${sign} ${oneLine(endpoint)}  ${state}  ${paint.quiet(counts)}`;
    }),
  ];
}

interface Circuit {
  readonly endpoint: string;
  readonly state: string;
  readonly counters: Readonly<Record<string, number>>;
}

function isCircuit(value: unknown): value is Circuit {
  return (
    typeof value === 'object' &&
    value !== null &&
    'endpoint' in value &&
    typeof value.endpoint === 'string' &&
    'state' in value &&
    typeof value.state === 'string' &&
    'counters' in value &&
    typeof value.counters === 'object' &&
    value.counters !== null
  );
}

function rate(perSecond: number): string {
  return perSecond >= 100 ? String(Math.round(perSecond)) : perSecond.toFixed(1);
}

function duration(ms: number | null): string {
  if (ms === null) return '-';
  return ms >= 1000 ? `≤${ms / 1000} s` : `≤${ms} ms`;
}
