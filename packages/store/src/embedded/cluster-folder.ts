import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CapstanError } from '@capstan/sdk';
import { EMBEDDED_MAJOR_VERSION } from './binaries.ts';
import type { ServerUser } from './server-user.ts';

/** Where the parts of an embedded Postgres stand. */
export interface ClusterFolder {
  /** All of it, owned by the server's user, closed to others. */
  readonly path: string;
  /** The cluster; there once it is whole. */
  readonly data: string;
  readonly logPath: string;
  /** Owned by this process' user, 0600. */
  readonly passwordPath: string;
}

/** Makes the folder where it is not there, and closes it to everybody but the server's user. */
export function prepareClusterFolder(folder: string, user: ServerUser | undefined): ClusterFolder {
  const parent = resolve(folder);
  const path = join(parent, 'postgres');
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  if (user !== undefined) giveTo(path, user);
  return {
    path,
    data: join(path, 'data'),
    logPath: join(parent, 'postgres.log'),
    passwordPath: join(parent, 'postgres-password'),
  };
}

/** @throws CapstanError CAPSTAN_CONFIG_INVALID where the system knows no such user, as in a container with a user of its own alone. */
function giveTo(path: string, { uid, gid }: ServerUser): void {
  try {
    chownSync(path, uid, gid);
  } catch (cause) {
    throw new CapstanError('CAPSTAN_CONFIG_INVALID', `${path} cannot be given to nobody (uid ${uid})`, {
      hint: 'Run Capstan as another user than root, put the data folder on another volume (CAPSTAN_DATA), or name a Postgres of your own in CAPSTAN_DATABASE_URL.',
      cause,
    });
  }
}

/** Whether the cluster is there. @throws CapstanError CAPSTAN_CONFIG_INVALID when another major version made it. */
export function hasCluster({ data }: ClusterFolder): boolean {
  const versionPath = join(data, 'PG_VERSION');
  if (!existsSync(versionPath)) return false;
  const version = readFileSync(versionPath, 'utf8').trim();
  if (version === EMBEDDED_MAJOR_VERSION) return true;
  throw new CapstanError(
    'CAPSTAN_CONFIG_INVALID',
    `the embedded database in ${data} is of Postgres ${version}; this Capstan brings ${EMBEDDED_MAJOR_VERSION}`,
    {
      hint: `Dump it with the Capstan that made it and restore it into a new one (docs/operations.md), or run Postgres ${version} on it and name that in CAPSTAN_DATABASE_URL.`,
    },
  );
}

/** A place for a cluster that is being made; what a crash left there goes. */
export function draftOf({ path }: ClusterFolder): string {
  const draft = join(path, 'data.new');
  rmSync(draft, { recursive: true, force: true });
  return draft;
}

/** The cluster is whole. */
export function acceptDraft(folder: ClusterFolder, draft: string): void {
  renameSync(draft, folder.data);
}
