import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, parse } from 'node:path';
import { CapstanError } from '@capstan/sdk';

/** Who Postgres runs as, where that is another than this process: it refuses to run as root. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody`, by its number on Linux and macOS. */
const NOBODY: ServerUser = { uid: 65_534, gid: 65_534 };

/** @param ownUid Of this process; undefined where the system has no such thing. */
export function serverUser(ownUid: number | undefined): ServerUser | undefined {
  return ownUid === 0 ? NOBODY : undefined;
}

/**
 * Sees to it that the user of the server can get to a path.
 * @throws CapstanError CAPSTAN_CONFIG_INVALID naming the folder that it cannot pass.
 */
export function refuseUnreachable(path: string, user: ServerUser, hint: string): void {
  const closed = closedFolder(path, user);
  if (closed === undefined) return;
  throw new CapstanError(
    'CAPSTAN_CONFIG_INVALID',
    `Postgres cannot run as root and runs as nobody, who may not pass through ${closed} to ${path}`,
    { hint },
  );
}

/** Whether the user of the server can get to a path. */
export function isReachable(path: string, user: ServerUser): boolean {
  return closedFolder(path, user) === undefined;
}

function closedFolder(path: string, user: ServerUser): string | undefined {
  return ancestorsOf(path).find((folder) => !canPass(statSync(folder), user));
}

function ancestorsOf(path: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = dirname(realpathSync(path)); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === parse(folder).root) return folders;
  }
}

const OWNER_PASSES = 0o100;
const GROUP_PASSES = 0o010;
const OTHERS_PASS = 0o001;

function canPass({ uid, gid, mode }: Stats, user: ServerUser): boolean {
  if (uid === user.uid) return (mode & OWNER_PASSES) !== 0;
  if (gid === user.gid) return (mode & GROUP_PASSES) !== 0;
  return (mode & OTHERS_PASS) !== 0;
}
