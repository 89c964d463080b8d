import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import type { CliIo } from '../cli-io.ts';
import { usageError } from '../failure-report.ts';

/** A secret from stdin, without the line end that `echo` and editors leave. @throws CapstanError where there is none */
export async function secretFromStdin(io: CliIo): Promise<string> {
  return nonEmpty((await readAll(io.stdin)).replace(/\r?\n$/u, ''), 'stdin');
}

/** A secret from a file. @throws CapstanError where it cannot be read or is empty */
export async function secretFromFile(io: CliIo, path: string): Promise<string> {
  try {
    return nonEmpty((await readFile(resolve(io.cwd, path), 'utf8')).replace(/\r?\n$/u, ''), path);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : undefined;
    if (reason === undefined) throw cause;
    throw usageError(`cannot read ${path}${reason}`, 'The path is relative to the current folder.');
  }
}

function nonEmpty(text: string, source: string): string {
  if (text !== '') return text;
  throw usageError(`${source} holds no secret`, 'Write it without quotes, and nothing else.');
}
