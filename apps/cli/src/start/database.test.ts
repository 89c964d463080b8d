import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@capstan/store/embedded';
import { openPostgresStore } from '@capstan/store/postgres';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type ExampleFolder, exampleFolder } from '../example-folder.test.support.ts';
import { fakeIo } from '../fake-io.test.support.ts';
import { runCli } from '../run-cli.ts';

let folder: ExampleFolder;
beforeEach(() => {
  folder = exampleFolder();
});
afterEach(() => folder.remove());

interface Running {
  readonly summary: {
    readonly url: string;
    readonly database: { readonly kind: string; readonly origin?: string; readonly place?: string };
    readonly keys: { readonly admin: string };
  };
  readonly stderr: () => string;
  stop(): Promise<number>;
}

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** In a process of its own: one has one engine for workflows at most, and without a database it cannot be ended well. */
async function start(env: Readonly<Record<string, string>> = {}): Promise<Running> {
  const args = ['--conditions=@capstan/source', MAIN, 'start', '--port', '0', '--json'];
  const child = spawn(process.execPath, args, {
    cwd: folder.path,
    env: { PATH: process.env.PATH, CI_KEY: 'key-of-the-build', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close').then(([code]) => Number(code));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  const stop = async (): Promise<number> => {
    child.kill('SIGTERM');
    return ended;
  };
  onTestFinished(async () => void (await stop()));
  for await (const line of createInterface({ input: child.stdout })) {
    return { summary: JSON.parse(line), stderr: () => errors, stop };
  }
  throw new Error(`exit ${await ended}: ${errors}`);
}

/** A database that is not the server's own. */
async function otherDatabase(): Promise<{ database: EmbeddedPostgres; env: Readonly<Record<string, string>> }> {
  const elsewhere = mkdtempSync(join(tmpdir(), 'capstan-database-'));
  chmodSync(elsewhere, 0o711);
  const database = await startEmbeddedPostgres({ folder: elsewhere });
  onTestFinished(async () => {
    await database.stop();
    rmSync(elsewhere, { recursive: true, force: true });
  });
  const masterKey = Buffer.alloc(32, 'key').toString('base64');
  return { database, env: { CAPSTAN_DATABASE_URL: database.url, CAPSTAN_MASTER_KEY: masterKey } };
}

test('a server makes a database of its own once, says where a copy of the master key belongs, and is ready', async () => {
  const first = await start();
  expect(first.summary.database).toEqual({ kind: 'embedded', folder: '.capstan/postgres', origin: 'made' });
  expect(first.stderr()).toContain('a master key was made in');
  expect(statSync(join(folder.data, 'master-key')).mode & 0o777).toBe(0o600);
  const ready = await fetch(`${first.summary.url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
  expect(await first.stop()).toBe(0);
  expect(existsSync(join(folder.data, 'postgres', 'data', 'postmaster.pid'))).toBe(false);
  const second = await start();
  expect(second.summary.database.origin).toBe('started');
  expect(second.stderr()).not.toContain('master key');
});

test('servers that name a database use that one, share its state, and show no password', async () => {
  const { database, env } = await otherDatabase();
  const { summary, stderr, stop } = await start(env);
  expect(summary.database).toEqual({ kind: 'external', place: expect.stringContaining('/capstan') });
  const { password } = new URL(database.url);
  expect(JSON.stringify(summary) + stderr()).not.toContain(password);
  expect(existsSync(join(folder.data, 'postgres'))).toBe(false);
  expect(existsSync(join(folder.data, 'master-key'))).toBe(false);
  const store = await openPostgresStore({ url: database.url });
  expect((await store.read.secrets.list()).map(({ name }) => name)).toEqual(['session_secret']);
  await store.close();
  await stop();
  const other = start({ ...env, CAPSTAN_MASTER_KEY: Buffer.alloc(32, 'another').toString('base64') });
  await expect(other).rejects.toThrow(/CAPSTAN_CONFIG_INVALID|master key/u);
});

test('a URL of something else is an error that does not show it', async () => {
  const started = fakeIo({
    argv: ['start', '--port', '0'],
    cwd: folder.path,
    env: { CI_KEY: 'key-of-the-build', CAPSTAN_DATABASE_URL: 'mysql://capstan:pass-of-capstan@127.0.0.1/capstan' },
  });
  expect(await runCli(started.io)).toBe(5);
  expect(started.stderr()).toContain('CAPSTAN_DATABASE_URL');
  expect(started.stderr() + started.stdout()).not.toContain('pass-of-capstan');
});

test('a server whose database is away is not ready, says why, and ends all the same', async () => {
  const { database, env } = await otherDatabase();
  const { summary, stop } = await start(env);
  await database.stop();
  let body = '';
  // The last answer holds for a second.
  for (let tries = 0; tries < 100 && !body.includes('unavailable'); tries += 1) {
    body = await (await fetch(`${summary.url}/readyz`)).text();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(JSON.parse(body)).toEqual({ status: 'unavailable', code: 'CAPSTAN_STORE_UNAVAILABLE' });
  expect((await fetch(`${summary.url}/healthz`)).status).toBe(200);
  // Calls go on with what the server knows; what has to be written is refused in a way that says to try again.
  const post = async (path: string) => {
    const headers = { authorization: `Bearer ${summary.keys.admin}`, 'content-type': 'application/json' };
    const response = await fetch(`${summary.url}/v1/workspaces/${path}`, { method: 'POST', headers, body: '{}' });
    return response.json();
  };
  const call = await post('default/tools/wp_list_posts/invoke');
  expect(call).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_NEEDS_CONFIG' } });
  const change = await post('support/packs/notes/enable');
  expect(change).toMatchObject({ error: { code: 'CAPSTAN_STORE_UNAVAILABLE', retriable: true } });
  expect(await stop()).toBe(0);
});
