import { type DocumentPath, MASK, type SourcePosition, type YamlReading } from '@capstan/schema';
import { isMapping, itemsOf, type JsonNode, membersOf } from './json-node.ts';
import { isClosedPath, schemaAt } from './settings-schema.ts';

/** The source line of a place with a caret under it, as far as it may be seen. */
export type GuardedFrame = (position: SourcePosition) => string | undefined;

/**
 * Cuts frames before the first value of a line that may be a secret: one that is declared secret, is not declared at
 * all, or has a shape that nobody expected there. A place behind such a value has no frame.
 */
export function guardFrames(root: JsonNode, reading: YamlReading, text: string): GuardedFrame {
  const lines = text.split(/\r\n|\r|\n/);
  const firstColumns = new Map<number, number>();
  const closedColumns = new Map<number, number>();
  for (const { line, column, isClosed } of placedScalars(root, [], reading)) {
    lower(firstColumns, line, column);
    if (isClosed) lower(closedColumns, line, column);
  }
  return (position) => {
    const { line, column } = position;
    const lead = (lines[line - 1] ?? '').slice(0, (firstColumns.get(line) ?? column) - 1);
    const limit = closedColumns.get(line) ?? Number.POSITIVE_INFINITY;
    return startsHere(lead) && column <= limit ? cutFrame(reading.frame(position), limit - column) : undefined;
  };
}

function lower(columns: Map<number, number>, line: number, column: number): void {
  columns.set(line, Math.min(column, columns.get(line) ?? column));
}

/** The frame without what stands `distance` characters behind the caret, and all after it. */
function cutFrame(frame: string, distance: number): string {
  const [source = '', caret = '', ...rest] = frame.split('\n');
  const end = caret.indexOf('^') + distance;
  return end < source.length ? [`${source.slice(0, end)}${MASK}`, caret, ...rest].join('\n') : frame;
}

interface PlacedScalar {
  readonly line: number;
  readonly column: number;
  readonly isClosed: boolean;
}

/** Every scalar value with its place, and every key as an open one. */
function* placedScalars(node: JsonNode, path: DocumentPath, reading: YamlReading): Generator<PlacedScalar> {
  if (isMapping(node)) {
    for (const [key, member] of membersOf(node)) {
      const at = [...path, key];
      yield { ...reading.locate(at, 'key'), isClosed: false };
      yield* placedScalars(member, at, reading);
    }
    return;
  }
  if (Array.isArray(node)) {
    for (const [index, item] of itemsOf(node).entries()) yield* placedScalars(item, [...path, index], reading);
    return;
  }
  yield { ...reading.locate(path), isClosed: isClosedPath(path) || !isScalarExpected(path) };
}

/** Before the first thing that begins on a line stands only punctuation; anything else is the tail of a longer text. */
function startsHere(lead: string): boolean {
  return /^[\s\-?{[,"'\]}]*$/.test(lead);
}

function isScalarExpected(path: DocumentPath): boolean {
  const type = schemaAt(path)?.type;
  return type !== 'object' && type !== 'array';
}
