import { readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from './atomic-file.ts';

/** Where a running server of a data folder is found. */
export interface ServerAddress {
  readonly url: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly started_at: string;
}

const SERVER_FILE = 'server.json';

/** Tells other processes where the server listens. */
export function writeServerFile(folder: string, address: ServerAddress): void {
  writeFileAtomically(join(folder, SERVER_FILE), `${JSON.stringify(address, undefined, 2)}\n`);
}

/** Dates the file anew: what is older than it has been read. */
export function touchServerFile(folder: string): void {
  const now = new Date();
  utimesSync(join(folder, SERVER_FILE), now, now);
}

/** The address that a server left; undefined where there is none. It may be dead: ask it before you trust it. */
export function readServerFile(folder: string): ServerAddress | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, SERVER_FILE), 'utf8'));
    return isServerAddress(value) ? value : undefined;
  } catch {
    // Absent or damaged: either way no running server is known.
    return undefined;
  }
}

export function removeServerFile(folder: string): void {
  rmSync(join(folder, SERVER_FILE), { force: true });
}

function isServerAddress(value: unknown): value is ServerAddress {
  return (
    typeof value === 'object' &&
    value !== null &&
    'url' in value &&
    typeof value.url === 'string' &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'started_at' in value &&
    typeof value.started_at === 'string'
  );
}
