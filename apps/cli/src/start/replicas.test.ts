import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@capstan/store/embedded';
import { expect, onTestFinished, test } from 'vitest';
import { exampleFolder } from '../example-folder.test.support.ts';

interface Replica {
  readonly dataFolder: string;
  readonly output: () => string;
  readonly admin: string;
  send(path: string, request?: { method?: string; body?: object; key?: string }): Promise<Answer>;
  stop(): Promise<number>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** A server in a process and on a folder of its own, as on another machine, with a database that others use too. */
async function replica(env: Readonly<Record<string, string>>): Promise<Replica> {
  const folder = exampleFolder();
  const args = ['--conditions=@capstan/source', MAIN, 'start', '--port', '0', '--json', '--debug'];
  const child = spawn(process.execPath, args, {
    cwd: folder.path,
    env: { PATH: process.env.PATH, CI_KEY: 'key-of-the-build', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit').then(([code]) => Number(code));
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const stop = async (): Promise<number> => {
    child.kill('SIGTERM');
    return ended;
  };
  onTestFinished(async () => {
    await stop();
    folder.remove();
  });
  const { url, keys } = await firstLine(child.stdout, () => output);
  return {
    dataFolder: folder.data,
    output: () => output,
    admin: keys.admin,
    stop,
    send: async (path, { method = 'GET', body, key = keys.admin } = {}) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(`${url}/v1/${path}`, { method, headers, ...sent });
      return { status: response.status, text: await response.text() };
    },
  };
}

async function firstLine(
  stdout: Readable,
  errors: () => string,
): Promise<{ readonly url: string; readonly keys: { readonly admin: string } }> {
  for await (const line of createInterface({ input: stdout })) return JSON.parse(line);
  throw new Error(`the server ended before it ran: ${errors()}`);
}

async function database(): Promise<{
  server: EmbeddedPostgres;
  folder: string;
  env: Readonly<Record<string, string>>;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-database-'));
  chmodSync(folder, 0o711);
  const server = await startEmbeddedPostgres({ folder });
  onTestFinished(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const masterKey = Buffer.from('0123456789abcdef0123456789abcdef').toString('base64');
  return { server, folder, env: { CAPSTAN_DATABASE_URL: server.url, CAPSTAN_MASTER_KEY: masterKey } };
}

/** Asks until the answer fits: another replica hears of a change a moment later. */
async function until(ask: () => Promise<Answer>, fits: (answer: Answer) => boolean): Promise<Answer> {
  let answer = await ask();
  for (let tries = 0; tries < 500 && !fits(answer); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    answer = await ask();
  }
  expect(fits(answer), answer.text).toBe(true);
  return answer;
}

test('what an operator changes on one replica holds on the other: packs, keys and the end of keys', async () => {
  const { env } = await database();
  const [one, two] = [await replica(env), await replica(env)];
  expect((await one.send('workspaces/support/packs/notes/enable', { method: 'POST', body: {} })).status).toBe(200);
  await until(
    () => two.send('workspaces/support/tools'),
    ({ text }) => text.includes('wp_list_posts'),
  );
  const made = await one.send('keys', {
    method: 'POST',
    body: { name: 'helper', role: 'agent', workspace: 'support' },
  });
  const { value }: { value: string } = JSON.parse(made.text);
  const asHelper = () => two.send('workspaces/support/tools', { key: value });
  await until(asHelper, ({ status }) => status === 200);
  expect((await one.send('keys/helper', { method: 'DELETE' })).status).toBe(200);
  await until(asHelper, ({ status }) => status === 401);
  expect((await two.send('workspaces/support/packs/notes/disable', { method: 'POST' })).status).toBe(200);
  await until(
    () => one.send('workspaces/support/tools'),
    ({ text }) => !text.includes('wp_list_posts'),
  );
});

const CANARY = 'canary-of-the-vault-7f3a9c';

test('a secret that is stored over REST stands in no file, no log and no answer of server and database', async () => {
  const { env, folder, server } = await database();
  const { send, dataFolder, output, stop } = await replica(env);
  const set = await send('workspaces/default/packs/notes/config/api_token', {
    method: 'PUT',
    body: { secret: CANARY },
  });
  const connection = { id: 'main', pack: 'notes', tool_type: 'wp', auth: { type: 'bearer', token: CANARY } };
  const created = await send('workspaces/default/connections', { method: 'POST', body: connection });
  expect([set.status, created.status]).toEqual([200, 200]);
  const shown = await Promise.all(
    [
      'secrets',
      'workspaces/default/config',
      'workspaces/default/connections/main',
      'workspaces/default/packs',
      'audit',
    ].map((path) => send(path)),
  );
  expect(shown.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect(JSON.parse(shown[0]?.text ?? '').items).toHaveLength(3);
  expect(await stop()).toBe(0);
  await server.stop();
  const written = [...shown.map(({ text }) => text), output(), ...textsBelow(dataFolder), ...textsBelow(folder)];
  // The search sees the rows: the name of the secret stands in them.
  expect(written.some((text) => text.includes('config/notes/api_token'))).toBe(true);
  for (const text of written) {
    expect(text.includes(CANARY)).toBe(false);
    expect(text.includes(Buffer.from(CANARY).toString('base64').slice(0, 30))).toBe(false);
  }
});

/** The whole database too: its tables and its log. */
function textsBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
}
