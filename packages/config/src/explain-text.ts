import type { JsonValue } from '@capstan/sdk';
import { describeSource, jsonPointer, pointerPath } from './source-text.ts';
import type { ConfigProblem, ConfigResolution, ConfigTraceEntry, ConfigTraceKey, MissingKey } from './types.ts';

/** Whose config is explained. */
export interface ExplainScope {
  readonly pack: string;
  readonly workspace: string;
  readonly connection?: string;
}

/** One line of the table: name, value, layer, source. */
type Row = readonly [string, string, string, string];

const HEADER: Row = ['KEY', 'VALUE', 'LAYER', 'SOURCE'];
const WIDEST_VALUE = 48;

/**
 * A resolution as a person reads it: one table line per key with the winner, under it whom it beat and what was ignored,
 * then what is missing, wrong or suspicious, each with the next action. Plain text without colours, no final newline.
 */
export function explainText(resolution: ConfigResolution, scope: ExplainScope): string {
  const rows = resolution.trace.flatMap(rowsOf);
  const table = rows.length === 0 ? ['This pack has no config.'] : alignRows([HEADER, ...rows]);
  const sections = [
    [headline(resolution, scope)],
    table,
    section('Missing', resolution.missing.flatMap(missingLines)),
    section('Problems', resolution.problems.flatMap(problemLines)),
    section('Warnings', resolution.warnings.flatMap(problemLines)),
  ];
  const filled = sections.filter((lines) => lines.length > 0);
  return filled.map((lines) => lines.map(printable).join('\n')).join('\n\n');
}

function headline({ missing, problems }: ConfigResolution, { pack, workspace, connection }: ExplainScope): string {
  const counts = [count(missing.length, 'missing key'), count(problems.length, 'problem')];
  const state = counts.filter((text) => text !== '').join(', ');
  const where = connection === undefined ? '' : `, connection ${connection}`;
  return `Config of ${pack} in workspace ${workspace}${where}: ${state === '' ? 'ready' : state}`;
}

function count(amount: number, what: string): string {
  if (amount === 0) return '';
  return `${amount} ${what}${amount === 1 ? '' : 's'}`;
}

function rowsOf(key: ConfigTraceKey): readonly Row[] {
  const beaten = key.overridden.map((entry) => entryRow('  over', entry));
  const parts = (key.parts ?? []).flatMap(({ path, entry, overridden }) => [
    entryRow(`  ${dotted(path)}`, entry),
    ...overridden.map((loser) => entryRow('    over', loser)),
  ]);
  const ignored = key.ignored.map(
    ({ layer, source, reason }): Row => ['  ignored', '', layer, `${describeSource(source)}: ${reason}`],
  );
  return [winnerRow(key), ...parts, ...beaten, ...ignored];
}

function winnerRow({ key, winner, outcome, required, parts }: ConfigTraceKey): Row {
  if (winner === undefined) return [key, required ? '(missing)' : '(not set)', '', ''];
  if (parts !== undefined) return [key, mark(winner.shown, outcome), 'merged', 'from these:'];
  return [key, mark(winner.shown, outcome), winner.layer, sourceOf(winner)];
}

function entryRow(name: string, entry: ConfigTraceEntry): Row {
  return [name, shorten(entry.shown), entry.layer, sourceOf(entry)];
}

function mark(shown: JsonValue, outcome: ConfigTraceKey['outcome']): string {
  return outcome === 'invalid' ? `(invalid) ${shorten(shown)}` : shorten(shown);
}

/** Where it comes from, and the reference that it was written as, unless that is all that is shown anyway. */
function sourceOf({ source, reference, shown }: ConfigTraceEntry): string {
  const written = reference === undefined || reference === shown ? '' : `, written ${reference}`;
  return `${describeSource(source)}${written}`;
}

function dotted(path: string): string {
  const steps = pointerPath(path);
  return steps.every((step) => /^[\w-]+$/.test(step)) ? steps.map((step) => `.${step}`).join('') : jsonPointer(steps);
}

function shorten(value: JsonValue): string {
  const text = typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
  const characters = [...text];
  return characters.length <= WIDEST_VALUE ? text : `${characters.slice(0, WIDEST_VALUE - 1).join('')}…`;
}

function alignRows(rows: readonly Row[]): readonly string[] {
  const plain = rows.map((row) => row.map(printable));
  const widths = HEADER.map((_, column) => Math.max(...plain.map((row) => [...(row[column] ?? '')].length)));
  return plain.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length))
      .join('  ')
      .trimEnd(),
  );
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

function missingLines({ key, description, secret, places }: MissingKey): readonly string[] {
  const about = description === undefined ? '' : `: ${description}`;
  return [`  ${key}${secret ? ' (secret)' : ''}${about}`, ...places.map((place) => `    - ${place}`)];
}

function problemLines({ code, message, hint }: ConfigProblem): readonly string[] {
  return [`  ${code}: ${message}`, `    hint: ${hint}`];
}

/** Control characters written out: a value must not move the reader's cursor or forge a line. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
