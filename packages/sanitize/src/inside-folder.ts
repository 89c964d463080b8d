import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pathParts } from './path-text.ts';
import { refusal, shown } from './refusal.ts';

/**
 * Where a relative path leads, inside `root`, with every link resolved. The last parts need not exist yet.
 *
 * It says how things stand now: who can swap folders inside `root` at the same moment can still be quicker. Such a root
 * is not for sharing.
 * @throws CapstanError `CAPSTAN_INVALID_ARGUMENTS` when the path leaves the root, by its text or by a link, or names a
 * device, a pipe or a socket.
 */
export async function resolveInside(root: string, path: string): Promise<string> {
  const realRoot = await realpath(root);
  const parts = pathParts(path);
  const resolved = await resolveParts(realRoot, parts, path);
  if (!isInside(realRoot, resolved)) throw outside(path);
  await refuseSpecial(resolved, path);
  return resolved;
}

/** How {@link openInside} opens a file. */
export type OpenMode = 'read' | 'write' | 'create';

/**
 * Opens a regular file inside `root`: `write` truncates one that exists or makes it, `create` only makes a new one. Close
 * the handle.
 * @throws CapstanError as {@link resolveInside}, and what Node throws (`ENOENT`, `EEXIST`).
 */
export async function openInside(root: string, path: string, mode: OpenMode = 'read'): Promise<FileHandle> {
  const resolved = await resolveInside(root, path);
  const handle = await open(resolved, FLAGS[mode], 0o600);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw notAFile(path);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

// A link that took the place of the file since it was checked is not followed, and a pipe does not hold the call up.
const COMMON = constants.O_NOFOLLOW | constants.O_NONBLOCK;
const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY | COMMON,
  write: constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | COMMON,
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | COMMON,
};

/** The real place of what exists, and below it the names of what does not. */
async function resolveParts(realRoot: string, parts: readonly string[], path: string): Promise<string> {
  let place = realRoot;
  for (const [index, part] of parts.entries()) {
    const next = join(place, part);
    const found = await realOrMissing(next);
    if (found === undefined) {
      // A link to nothing is there all the same: writing to it would make its target.
      if (await isLink(next)) throw outside(path);
      return join(next, ...parts.slice(index + 1));
    }
    if (!isInside(realRoot, found)) throw outside(path);
    place = found;
  }
  return place;
}

async function realOrMissing(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    await readlink(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EINVAL') return false;
    throw error;
  }
}

async function refuseSpecial(resolved: string, path: string): Promise<void> {
  try {
    const stats = await lstat(resolved);
    if (!stats.isFile() && !stats.isDirectory()) throw notAFile(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function isInside(realRoot: string, place: string): boolean {
  const prefix = realRoot.endsWith(sep) ? realRoot : `${realRoot}${sep}`;
  return place === realRoot || place.startsWith(prefix);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function outside(path: string): Error {
  return refusal(
    `The path ${shown(path)} leads out of its folder.`,
    'A link on the way points elsewhere; name a file inside.',
  );
}

function notAFile(path: string): Error {
  return refusal(
    `The path ${shown(path)} is neither a file nor a folder.`,
    'Devices, pipes and sockets are not opened.',
  );
}
