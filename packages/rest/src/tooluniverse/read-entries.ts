import type { ToolPlace } from './tooluniverse-tool.ts';

/** A file with tools: its text, or its entries where they are at hand. */
export type ToolUniverseSource =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly entries: readonly unknown[] };

/** One entry of a file, or a part of a file that is none. */
export type ReadEntry =
  | { readonly ok: true; readonly place: ToolPlace; readonly value: unknown }
  | { readonly ok: false; readonly place: ToolPlace; readonly problem: string };

/** Reads a file: a list of tools, one tool, or one tool a line. What cannot be read is an entry too, and hides no other. */
export function readEntries(source: ToolUniverseSource): readonly ReadEntry[] {
  if ('entries' in source) return source.entries.map((value, index) => entry(source.path, { index }, value));
  const whole = parse(source.text);
  if (whole.ok) return entriesOf(source.path, whole.value);
  const lines = source.text.split(/\r?\n/);
  const first = lines.find((line) => line.trim() !== '') ?? '';
  const isLines = /\.(?:jsonl|ndjson)$/.test(source.path) || (lines.length > 1 && parse(first).ok);
  if (!isLines) return [{ ok: false, place: { path: source.path, at: { index: 0 } }, problem: whole.problem }];
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const reading = parse(line);
    const place = { path: source.path, at: { line: index + 1 } };
    return [reading.ok ? { ok: true, place, value: reading.value } : { ok: false, place, problem: reading.problem }];
  });
}

function entriesOf(path: string, value: unknown): readonly ReadEntry[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((each, index) => entry(path, { index }, each));
}

function entry(path: string, at: ToolPlace['at'], value: unknown): ReadEntry {
  return { ok: true, place: { path, at }, value };
}

type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

function parse(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) };
  } catch (error) {
    return { ok: false, problem: `not JSON: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}` };
  }
}
