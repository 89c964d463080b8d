import { closeSync, constants, fchmodSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const { O_APPEND, O_CREAT, O_RDONLY, O_WRONLY, O_NOFOLLOW = 0 } = constants;
/** Through a link somebody else could have the records written into any file of this user. */
const APPEND = O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW;
const NAME = /^(\d{16})\.jsonl$/;
const DIGITS = 16;

/** One file of a chain. */
export interface Segment {
  readonly name: string;
  readonly path: string;
  /** The sequence of its first record, as its name says. */
  readonly first: number;
}

/** The segments of a chain, oldest first; none where there is no such folder. */
export function listSegments(folder: string): readonly Segment[] {
  return namesIn(folder)
    .flatMap((name) => {
      const first = NAME.exec(name)?.[1];
      return first === undefined ? [] : [{ name, path: join(folder, name), first: Number(first) }];
    })
    .toSorted((one, other) => one.first - other.first);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Where the segment that begins with a sequence lies. */
export function segmentAt(folder: string, first: number): Segment {
  const name = `${String(first).padStart(DIGITS, '0')}.jsonl`;
  return { name, path: join(folder, name), first };
}

/** Opens a segment to append to it, readable by its owner alone. @throws the system's error, ELOOP for a link */
export function openForAppend(path: string): number {
  const file = openSync(path, APPEND, 0o600);
  // A file that was there may be open to others.
  fchmodSync(file, 0o600);
  return file;
}

/** The bytes of a segment. @throws the system's error, ELOOP for a link */
export function readSegment(path: string): Buffer {
  const file = openSync(path, O_RDONLY | O_NOFOLLOW);
  try {
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}
