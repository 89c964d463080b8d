import type { CircuitJson, ConnectionJson, PackJson } from '../backend/views.ts';
import { oneLine } from './display-text.ts';
import type { Paint } from './paint.ts';
import type { Printer } from './printer.ts';
import { stateDetails, stateName, stateSign } from './state-text.ts';

/** What does not work in a workspace, and how much there is of everything. */
export interface HostCondition {
  readonly origin: string;
  readonly workspace: string;
  readonly circuits: readonly CircuitJson[];
  readonly packs: readonly PackJson[];
  readonly connections: readonly ConnectionJson[];
  readonly counts: { readonly circuits: number; readonly packs: number; readonly connections: number };
}

/** What is broken, since when, what is done about it; one line where nothing is. */
export function statusText(condition: HostCondition, { paint }: Printer, now: number): string {
  const { circuits, packs, connections, counts, workspace, origin } = condition;
  const broken = circuits.length + packs.length + connections.length;
  const where = `workspace ${workspace} (${origin})`;
  if (broken === 0) {
    const all = [
      counted(counts.packs, 'pack'),
      counted(counts.connections, 'connection'),
      counted(counts.circuits, 'endpoint'),
    ];
    return `${paint.good('✓')} nothing is known to be broken in ${where}: ${all.join(', ')}`;
  }
  return [
    `${paint.bad('✗')} broken in ${where}: ${shares(condition)}`,
    ...section(
      'endpoints',
      circuits.map((circuit) => circuitLines(circuit, paint, now)),
    ),
    ...section(
      'packs',
      packs.map((pack) => packLines(pack, paint)),
    ),
    ...section(
      'connections',
      connections.map((connection) => connectionLines(connection, paint, now)),
    ),
  ].join('\n');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** How much of what there is; nothing of what works. */
function shares({ circuits, packs, connections, counts }: HostCondition): string {
  const all: readonly (readonly [what: string, broken: number, count: number])[] = [
    ['endpoint', circuits.length, counts.circuits],
    ['pack', packs.length, counts.packs],
    ['connection', connections.length, counts.connections],
  ];
  return all
    .flatMap(([what, broken, count]) => (broken === 0 ? [] : [`${broken} of ${counted(count, what)}`]))
    .join(', ');
}

function section(title: string, entries: readonly (readonly string[])[]): readonly string[] {
  return entries.length === 0 ? [] : ['', title, ...entries.flat().map((line) => `  ${line}`)];
}

/** A breaker is kept for each pack by itself: what one of them sends can open no other's. */
function placeOf({ endpoint, pack }: CircuitJson): string {
  return oneLine(pack === undefined ? endpoint : `${endpoint} (${pack})`);
}

function circuitLines(circuit: CircuitJson, paint: Paint, now: number): readonly string[] {
  const { state, since, retry_at, reason, successes } = circuit;
  if (state === 'half_open') {
    return [`${paint.warn('!')} ${placeOf(circuit)}  being tried out: ${successes ?? 0} calls in a row have worked`];
  }
  return [
    `${paint.bad('✗')} ${placeOf(circuit)}  left alone${timeText(since, now, 'since')}`,
    `    ${oneLine(reason ?? 'it kept failing')}; ${whatNext(retry_at, now)}`,
  ];
}

/** A pause that is over ends with the next call: nothing else calls the service. */
function whatNext(retryAt: string | undefined, now: number): string {
  const isOver = retryAt !== undefined && Date.parse(retryAt) <= now;
  return isOver
    ? 'the next call tries it out'
    : `calls fail at once${timeText(retryAt, now, '; the next one tries it out at')}`;
}

function packLines({ code, state }: PackJson, paint: Paint): readonly string[] {
  const sign = stateSign(state, paint);
  return [`${sign.paint(sign.sign)} ${code}  ${stateName(state)}`, ...stateDetails(state).map((line) => `    ${line}`)];
}

function connectionLines(
  { id, status, since, validation_error }: ConnectionJson,
  paint: Paint,
  now: number,
): readonly string[] {
  const sign = status === 'needs_reauth' ? paint.warn('!') : paint.bad('✗');
  const head = `${sign} ${id}  ${status.replaceAll('_', ' ')}${timeText(since, now, 'since')}`;
  if (validation_error === undefined) return [head];
  return [head, `    ${oneLine(validation_error.message)}`, `    hint: ${oneLine(validation_error.hint)}`];
}

/** A time with how far away it is; empty where there is none. */
function timeText(time: string | undefined, now: number, word: string): string {
  const at = time === undefined ? Number.NaN : Date.parse(time);
  if (time === undefined || Number.isNaN(at)) return '';
  const distance = durationText(Math.abs(at - now));
  return ` ${word} ${time} (${at <= now ? `${distance} ago` : `in ${distance}`})`.replace(' ;', ';');
}

function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
