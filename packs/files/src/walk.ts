import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveInside } from '@capstan/sanitize';

/** An entry of a folder. */
export interface WalkedEntry {
  /** Relative to the root, with `/` between its parts. */
  readonly path: string;
  /** Absolute. */
  readonly place: string;
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

interface WalkOptions {
  readonly isRecursive: boolean;
  readonly signal: AbortSignal;
  /** Told of a folder that cannot be read; the walk goes on. */
  readonly onUnreadable: (path: string) => void;
}

/** Deeper than anybody nests folders, and shallow enough for one walk. */
const MAX_DEPTH = 64;

/**
 * The entries of a folder inside a root, folder by folder, each folder's by name. Links are given and not followed, so
 * that a walk ends and stays inside.
 */
export async function* walk(root: string, path: string, options: WalkOptions): AsyncGenerator<WalkedEntry> {
  const place = await resolveInside(root, path);
  const prefix = path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  yield* entriesOf({ place, prefix, depth: 0 }, options);
}

interface Folder {
  readonly place: string;
  readonly prefix: string;
  readonly depth: number;
}

async function* entriesOf(folder: Folder, options: WalkOptions): AsyncGenerator<WalkedEntry> {
  for (const entry of await readFolder(folder, options)) {
    options.signal.throwIfAborted();
    const path = folder.prefix === '' ? entry.name : `${folder.prefix}/${entry.name}`;
    const walked = { path, place: join(folder.place, entry.name), name: entry.name, kind: kindOf(entry) };
    yield walked;
    if (walked.kind === 'folder' && options.isRecursive && folder.depth < MAX_DEPTH) {
      yield* entriesOf({ place: walked.place, prefix: path, depth: folder.depth + 1 }, options);
    }
  }
}

async function readFolder({ place, prefix, depth }: Folder, options: WalkOptions): Promise<readonly Dirent[]> {
  const entries: Dirent[] = [];
  try {
    for await (const entry of await opendir(place)) entries.push(entry);
  } catch (error) {
    if (depth === 0) throw error;
    options.onUnreadable(prefix);
  }
  return entries.sort((one, other) => (one.name < other.name ? -1 : 1));
}

function kindOf(entry: Dirent): WalkedEntry['kind'] {
  if (entry.isSymbolicLink()) return 'link';
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'other';
}
