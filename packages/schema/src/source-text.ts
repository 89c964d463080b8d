import type { SourcePosition } from './diagnostic.ts';

const FRAME_WIDTH = 100;

/** A text under its path: turns offsets into lines and columns, and shows lines. */
export interface SourceText {
  positionAt(offset: number): SourcePosition;
  frame(position: SourcePosition): string;
}

/** Wraps a text. Lines are counted at the first question, not before. */
export function sourceText(path: string, text: string): SourceText {
  let counted: readonly number[] | undefined;
  const lineStarts = (): readonly number[] => {
    counted ??= startsOfLines(text);
    return counted;
  };
  return {
    positionAt(offset) {
      const starts = lineStarts();
      const line = lastAtMost(starts, offset);
      return { path, line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
    },
    frame(position) {
      const starts = lineStarts();
      const start = starts[position.line - 1];
      if (start === undefined) return '';
      const end = starts[position.line] ?? text.length;
      return frameOf(text.slice(start, end).replace(/[\r\n]+$/, ''), position);
    },
  };
}

function startsOfLines(text: string): readonly number[] {
  const starts = [0];
  if (text.includes('\r')) {
    for (const { 0: end, index } of text.matchAll(/\r\n|\n|\r/g)) starts.push(index + end.length);
  } else {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  }
  return starts;
}

function lastAtMost(sorted: readonly number[], wanted: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] ?? 0) <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}

function frameOf(line: string, { line: number, column }: SourcePosition): string {
  const caret = Math.min(column - 1, line.length);
  const from = caret < FRAME_WIDTH - 10 ? 0 : caret - FRAME_WIDTH / 2;
  const lead = from > 0 ? '…' : '';
  const tail = line.length > from + FRAME_WIDTH ? '…' : '';
  const shown = `${lead}${line.slice(from, from + FRAME_WIDTH)}${tail}`;
  const indent = `${lead ? ' ' : ''}${line.slice(from, caret).replaceAll(/[^\t]/g, ' ')}`;
  const gutter = String(number);
  return `  ${gutter} | ${shown}\n  ${' '.repeat(gutter.length)} | ${indent}^`;
}
