import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CapstanError } from '@capstan/sdk';
import { identifyProcess, type ProcessIdentity, stillRuns } from './process-identity.ts';

const LOCK_FILE = 'owner.lock';
const MAX_TRIES = 5;

/**
 * Makes this process the one owner of a folder; returns what gives it up.
 *
 * 1. The lock appears with its content, in one step (a hard link): nobody reads half of one.
 * 2. A lock is taken over only when its process is gone. It is moved away first, and put back when it turns out that
 *    another process had taken over meanwhile.
 * 3. Only its owner removes a lock.
 * @throws CapstanError CAPSTAN_CONFLICT naming folder and owner.
 */
export function lockFolder(folder: string, newToken: () => string): () => void {
  const path = join(folder, LOCK_FILE);
  const token = newToken();
  const own = JSON.stringify({ ...identifyProcess(process.pid), token });
  const draft = `${path}.${token}`;
  writeFileSync(draft, own, { mode: 0o600 });
  try {
    takeLock({ path, draft, folder, token });
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (readLock(path) === own) rmSync(path, { force: true });
  };
}

interface LockPlaces {
  readonly path: string;
  readonly draft: string;
  readonly folder: string;
  readonly token: string;
}

function takeLock(places: LockPlaces): void {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (createLock(places)) return;
    const current = readLock(places.path);
    if (current === undefined) continue;
    const owner = parseOwner(current);
    if (owner !== undefined && stillRuns(owner)) throw folderInUse(places.folder, owner.pid);
    moveAway(places, current);
  }
  throw new CapstanError('CAPSTAN_CONFLICT', `several processes want the data folder ${places.folder} at once`, {
    hint: 'Start them one after the other, or give each its own folder.',
  });
}

function createLock({ path, draft }: LockPlaces): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!HAS_NO_LINKS.has(codeOf(error) ?? '')) throw error;
    return createWithoutLinks(path, draft);
  }
}

const HAS_NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK']);

function createWithoutLinks(path: string, draft: string): boolean {
  try {
    writeFileSync(path, readFileSync(draft), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function moveAway({ path, token }: LockPlaces, expected: string): void {
  const grave = `${path}.gone.${token}`;
  try {
    renameSync(path, grave);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if (readLock(grave) !== expected) renameSync(grave, path);
  else rmSync(grave, { force: true });
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Undefined for a file that no owner wrote whole: a crash left it. */
function parseOwner(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number') {
      return undefined;
    }
    const started = 'started' in value && typeof value.started === 'string' ? { started: value.started } : {};
    return { pid: value.pid, ...started };
  } catch {
    // Not JSON, so nobody's.
    return undefined;
  }
}

function folderInUse(folder: string, pid: number): CapstanError {
  return new CapstanError('CAPSTAN_CONFLICT', `the data folder ${folder} belongs to process ${pid}, which is running`, {
    hint: `Stop process ${pid}, or use another folder (CAPSTAN_DATA).`,
    details: { folder, pid },
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
