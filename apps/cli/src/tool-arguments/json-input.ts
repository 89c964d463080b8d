import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { CliIo } from '../cli-io.ts';
import { usageError } from '../failure-report.ts';

/** Reads the object of `--json`: JSON as it stands, `-` for stdin, `@file` for a file. @throws CapstanError for anything but an object */
export async function readJsonInput(word: string, io: CliIo): Promise<JsonObject> {
  const { text, source } = await readSource(word, io);
  const value = parse(text, source);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw usageError(`${source} is ${kindOf(value)}, not a JSON object`, 'Arguments are an object: {"to": "U1"}.');
  }
  // Array.isArray does not narrow a readonly array away.
  return value as JsonObject;
}

async function readSource(word: string, io: CliIo): Promise<{ readonly text: string; readonly source: string }> {
  if (word === '-') return { text: await readAll(io.stdin), source: 'stdin' };
  if (!word.startsWith('@')) return { text: word, source: '--json' };
  const path = word.slice(1);
  try {
    return { text: await readFile(resolve(io.cwd, path), 'utf8'), source: path };
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw usageError(`cannot read ${path}${reason}`, 'The path after @ is relative to the current folder.');
  }
}

function parse(text: string, source: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw usageError(
      `${source} is not JSON: ${reason}`,
      source === '--json'
        ? 'On tool call, --json takes the arguments: --json \'{"to": "U1"}\', --json - or --json @file. For machine output use -o json.'
        : 'Arguments are a JSON object: {"to": "U1"}.',
    );
  }
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
