import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StoredState } from '@capstan/store';
import { startEmbeddedPostgres } from '@capstan/store/embedded';
import { openPostgresStore } from '@capstan/store/postgres';
import { expect, onTestFinished, test } from 'vitest';
import { type ExampleFolder, exampleFolder } from '../example-folder.test.support.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly admin: string;
}

async function start(folder: ExampleFolder): Promise<Running> {
  const args = ['--conditions=@capstan/source', MAIN, 'start', '--port', '0', '--json'];
  const env = { PATH: process.env.PATH, CI_KEY: 'key-of-the-build' };
  const child = spawn(process.execPath, args, { cwd: folder.path, env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, keys }: { url: string; keys: { admin: string } } = JSON.parse(line);
    return { child, url, admin: keys.admin };
  }
  throw new Error('the server ended before it ran');
}

async function end({ child }: Running, name: NodeJS.Signals): Promise<void> {
  const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
  child.kill(name);
  await ended;
}

/** What a client was told. */
interface Acknowledged {
  /** `enable` or `disable` of the same pack, in turn. */
  readonly changes: string[];
  /** Of finished calls. */
  readonly executionIds: string[];
}

async function post({ url, admin }: Running, path: string): Promise<{ status: number; body: string } | undefined> {
  try {
    const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' };
    const response = await fetch(url + path, { method: 'POST', headers, body: '{}' });
    return { status: response.status, body: await response.text() };
  } catch {
    // The server was killed.
    return undefined;
  }
}

/** Changes and calls until the signal, and notes what was acknowledged. */
function load(running: Running, acknowledged: Acknowledged, signal: AbortSignal): Promise<unknown> {
  const change = async (): Promise<void> => {
    while (!signal.aborted) {
      const verb = acknowledged.changes.length % 2 === 0 ? 'enable' : 'disable';
      const answer = await post(running, `/v1/workspaces/support/packs/notes/${verb}`);
      if (answer?.status === 200) acknowledged.changes.push(verb);
      else await sleep(20);
    }
  };
  const call = async (): Promise<void> => {
    while (!signal.aborted) {
      const answer = await post(running, '/v1/workspaces/default/tools/wp_list_posts/invoke');
      const id = /exe_[\w-]+/.exec(answer?.body ?? '')?.[0];
      if (id !== undefined) acknowledged.executionIds.push(id);
      else await sleep(20);
    }
  };
  return Promise.all([change(), call(), call()]);
}

async function until(isDone: () => boolean): Promise<void> {
  for (let tries = 0; tries < 3000 && !isDone(); tries += 1) await sleep(10);
  expect(isDone()).toBe(true);
}

function databasePid({ data }: ExampleFolder): number {
  return Number(readFileSync(join(data, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** What the database holds once every record of the calls is there: they are shipped in batches. */
async function remembered(
  folder: ExampleFolder,
  executionIds: readonly string[],
): Promise<{ readonly state: StoredState; readonly missing: readonly string[] }> {
  const server = await startEmbeddedPostgres({ folder: folder.data });
  onTestFinished(() => server.stop());
  const store = await openPostgresStore({ url: server.url });
  try {
    const recorded = new Set<string | undefined>();
    let cursor: string | undefined;
    do {
      const page = await store.audit.query({}, { limit: 1000, ...(cursor === undefined ? {} : { cursor }) });
      for (const { executionId } of page.items) recorded.add(executionId);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return { state: await store.snapshot(), missing: executionIds.filter((id) => !recorded.has(id)) };
  } finally {
    await store.close();
  }
}

test.each([
  { killed: 'the server', kill: (server: number, _database: number) => process.kill(server, 'SIGKILL') },
  { killed: 'the database', kill: (_server: number, database: number) => process.kill(database, 'SIGKILL') },
  {
    killed: 'both at once',
    kill: (server: number, database: number) => {
      process.kill(database, 'SIGKILL');
      process.kill(server, 'SIGKILL');
    },
  },
])(
  'when $killed is killed under load, no acknowledged change and no record of a finished call is lost',
  async ({ killed, kill }) => {
    const folder = exampleFolder();
    onTestFinished(() => folder.remove());
    const acknowledged: Acknowledged = { changes: [], executionIds: [] };
    const running = await start(folder);
    const over = new AbortController();
    const loading = load(running, acknowledged, over.signal);
    await until(() => acknowledged.changes.length >= 15);
    kill(running.child.pid ?? 0, databasePid(folder));
    if (killed === 'the database') {
      // It is started again, and the same server goes on.
      const before = acknowledged.changes.length;
      await until(() => acknowledged.changes.length > before + 5);
    }
    over.abort();
    await loading;
    await end(running, 'SIGTERM');
    // The next server takes over what the killed one left in its files.
    await end(await start(folder), 'SIGTERM');
    const { state, missing } = await remembered(folder, acknowledged.executionIds);
    expect(acknowledged.executionIds.length).toBeGreaterThan(15);
    expect(missing).toEqual([]);
    expect(state.revision).toBeGreaterThanOrEqual(acknowledged.changes.length);
    const isEnabled = state.enablements.some(({ workspace, pack }) => workspace === 'support' && pack === 'notes');
    const [last, next] = acknowledged.changes.length % 2 === 1 ? [true, false] : [false, true];
    // The change that was under way when it was killed may have been made, or not.
    expect(state.revision === acknowledged.changes.length ? [last] : [last, next]).toContain(isEnabled);
  },
);
