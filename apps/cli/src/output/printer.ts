import type { CliIo, TerminalStream } from '../cli-io.ts';
import { createPaint, type Paint } from './paint.ts';

/** The forms of output that a command can be asked for. */
export const OUTPUT_FORMATS = ['text', 'json'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Writes what a command has to say: results to stdout, everything else to stderr. */
export interface Printer {
  readonly format: OutputFormat;
  /** The columns of stdout; absent where it is no terminal. */
  readonly width: number | undefined;
  /** For stdout. */
  readonly paint: Paint;
  /** For stderr. */
  readonly notePaint: Paint;
  /** One result as text, with a final newline. */
  text(text: string): void;
  /** One result as JSON: indented on a terminal, else on one line, unless it is said how far. */
  json(value: unknown, indent?: number): void;
  /** A remark on stderr, with a final newline. */
  note(text: string): void;
}

/** Makes the printer of one run. */
export function createPrinter(io: CliIo, format: OutputFormat): Printer {
  const width = io.stdout.isTTY === true ? io.stdout.columns : undefined;
  return {
    format,
    width,
    paint: createPaint(io.stdout, io.env),
    notePaint: createPaint(io.stderr, io.env),
    text: (text) => writeLine(io.stdout, text),
    json: (value, indent = io.stdout.isTTY === true ? 2 : 0) => writeLine(io.stdout, jsonText(value, indent)),
    note: (text) => writeLine(io.stderr, text),
  };
}

/** JSON that a terminal cannot mistake for commands: C1 controls are escaped too, which RFC 8259 leaves open. */
export function jsonText(value: unknown, indent = 0): string {
  return (JSON.stringify(value, undefined, indent) ?? 'null').replace(
    /[\u007f-\u009f]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function writeLine(stream: TerminalStream, text: string): void {
  stream.write(text.endsWith('\n') ? text : `${text}\n`);
}
