import { mkdirSync } from 'node:fs';
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { newResultId, type ResultStore, type ResultStoreLimits } from '@capstan/host';

const DEFAULT_TTL_MS = 3_600_000;
const DEFAULT_MAX_BYTES = 1024 * 1024 * 1024;
const RESULT_ID = /^res_[0-9a-f]{32}$/;
const WORKSPACE = /^[a-z0-9][a-z0-9_-]{0,62}$/;

interface ResultFile {
  readonly path: string;
  readonly bytes: number;
  /** When it was written, in ms since the epoch. */
  readonly at: number;
}

/**
 * Keeps large results as files, `{folder}/{workspace}/{id}.json`, readable by their owner alone.
 *
 * 1. A result is there whole or not at all: it is written under another name first.
 * 2. Names of files are made of what was checked, so no id leads out of the folder of its workspace.
 * 3. Each new result makes room: those that are too old go, then the oldest, until the rest fits.
 */
export function resultFolder(folder: string, limits: ResultStoreLimits = {}): ResultStore {
  const { ttlMs = DEFAULT_TTL_MS, maxBytes = DEFAULT_MAX_BYTES } = limits;
  return {
    async put({ workspace, text, now }) {
      const id = newResultId();
      const path = pathOf(folder, workspace, id);
      if (path === undefined) throw new Error(`not the name of a workspace: ${workspace}`);
      const body = Buffer.from(text);
      mkdirSync(join(folder, workspace), { recursive: true, mode: 0o700 });
      await makeRoom(folder, { oldest: now - ttlMs, maxBytes: maxBytes - body.length });
      await writeWhole(path, body, now);
      return { id, bytes: body.length, expiresAt: now + ttlMs };
    },
    async get(workspace, id, now) {
      const path = pathOf(folder, workspace, id);
      const file = path === undefined ? undefined : await fileAt(path);
      return file === undefined || file.at + ttlMs <= now ? undefined : readFile(file.path, 'utf8').catch(ifGone);
    },
  };
}

function pathOf(folder: string, workspace: string, id: string): string | undefined {
  return WORKSPACE.test(workspace) && RESULT_ID.test(id) ? join(folder, workspace, `${id}.json`) : undefined;
}

async function writeWhole(path: string, body: Buffer, now: number): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(body);
    await file.utimes(new Date(now), new Date(now));
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

async function makeRoom(folder: string, keep: { readonly oldest: number; readonly maxBytes: number }): Promise<void> {
  const files = (await filesIn(folder)).toSorted((a, b) => b.at - a.at);
  let total = 0;
  for (const { path, bytes, at } of files) {
    total += bytes;
    if (at <= keep.oldest || total > keep.maxBytes) await rm(path, { force: true });
  }
}

async function filesIn(folder: string): Promise<readonly ResultFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = await Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => fileAt(join(entry.parentPath, entry.name))),
  );
  return found.filter((file) => file !== undefined);
}

async function fileAt(path: string): Promise<ResultFile | undefined> {
  const facts = await stat(path).catch(ifGone);
  return facts && { path, bytes: facts.size, at: facts.mtimeMs };
}

/** Another put may have made room meanwhile. */
function ifGone(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
