import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { type ExampleService, startExampleService } from '@capstan/example-remote-service';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as EarlierClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as EarlierStdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ExampleFolder, exampleFolder, TOKEN_VARIABLE } from './example-folder.test.support.ts';

/* The built command as its own process: what a fake process cannot show. */

const MAIN = resolve(import.meta.dirname, '../dist/main.js');
const COMMAND = { command: process.execPath, args: [MAIN, 'mcp'] };
const children: ChildProcess[] = [];
let folder: ExampleFolder;

beforeAll(() => {
  if (existsSync(MAIN)) return;
  const root = resolve(import.meta.dirname, '../../..');
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-b', 'apps/cli'], { cwd: root, stdio: 'inherit' });
}, 240_000);

beforeEach(() => {
  folder = exampleFolder();
});

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  folder.remove();
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

interface Run {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  readonly stderr: Promise<string>;
  readonly stdout: Promise<string>;
  /** Resolves with the first line of stdout. */
  readonly firstLine: Promise<string>;
}

const ENVIRONMENT = { PATH: process.env.PATH ?? '', CI_KEY: 'key-of-the-build' };

function launch(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: folder.path,
    env: { ...ENVIRONMENT, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.push(child);
  const { stdout, stderr } = child;
  const firstLine = new Promise<string>((found, failed) => {
    let sofar = '';
    stdout.on('data', (chunk: Buffer) => {
      sofar += chunk;
      if (sofar.includes('\n')) found(sofar.slice(0, sofar.indexOf('\n')));
    });
    stdout.once('end', () => failed(new Error('stdout ended')));
  });
  firstLine.catch(() => {});
  return {
    child,
    exit: once(child, 'exit').then(([code]: (number | null)[]) => code ?? null),
    stderr: text(stderr),
    // One that is closed early has no text.
    stdout: text(stdout).catch(() => ''),
    firstLine,
  };
}

interface Summary {
  readonly url: string;
  readonly example_url: string;
}

async function start(
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Run & { readonly summary: Summary }> {
  const run = launch(['start', '--port', '0', '--json', ...flags], env);
  const line = await run.firstLine.catch(async () => Promise.reject(new Error(await run.stderr)));
  return { ...run, summary: JSON.parse(line) };
}

/** Resolves when nobody answers at a URL any more. */
async function untilGone(url: string): Promise<void> {
  for (;;) {
    try {
      await (await fetch(url)).arrayBuffer();
    } catch {
      return;
    }
    await new Promise((done) => setTimeout(done, 20));
  }
}

test('it answers as a command does', async () => {
  const help = launch(['--help']);
  expect(await help.stdout).toMatch(/^Usage: capstan/u);
  expect(await help.exit).toBe(0);
  const wrong = launch(['tool', 'lst']);
  expect(await wrong.stderr).toMatch(/^error CAPSTAN_INVALID_REQUEST: unknown command 'lst'\nhint: /u);
  expect(await wrong.exit).toBe(2);
});

test('a reader that goes away early is no error', async () => {
  const { child, exit, stderr } = launch(['--help']);
  child.stdout?.destroy();
  expect([await exit, await stderr]).toEqual([0, '']);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s stops the server and its example service, exit code 0',
  async (signal) => {
    const { child, exit, stderr, summary } = await start(['--with-example']);
    child.kill(signal);
    expect(await exit).toBe(0);
    expect(await stderr).toContain('stopping');
    await untilGone(summary.example_url);
    expect(existsSync(join(folder.data, 'server.json'))).toBe(false);
  },
);

test('a call that is under way gets its answer before the server ends', async () => {
  const service = await heldService();
  const { child, exit, summary } = await start([], { EXAMPLE_REMOTE_BASE_URL: service.url, [TOKEN_VARIABLE]: 'token' });
  const keys: { agent: string } = JSON.parse(readFileSync(join(folder.data, 'keys.json'), 'utf8'));
  const call = fetch(`${summary.url}/v1/workspaces/default/tools/wp_list_posts/invoke`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys.agent}`, 'content-type': 'application/json' },
    body: '{"arguments":{}}',
  });
  await service.called;
  child.kill('SIGINT');
  // It drains: nobody new comes in, and the call still waits.
  await untilDraining(summary.url);
  service.answer();
  expect(await (await call).json()).toMatchObject({ status: 'succeeded', result: { held: true } });
  expect(await exit).toBe(0);
  service.close();
});

interface HeldService {
  readonly url: string;
  /** Resolves when a tool was called. */
  readonly called: Promise<void>;
  /** Lets the call have its answer. */
  answer(): void;
  close(): void;
}

/** A remote service that answers when it is told to. */
async function heldService(): Promise<HeldService> {
  const called = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const server = createHttpServer(async (_request, response) => {
    called.resolve();
    await released.promise;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ success: true, result: { held: true }, timestamp: '2026-01-01T00:00:00Z' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    called: called.promise,
    answer: released.resolve,
    close: () => server.close(),
  };
}

async function untilDraining(url: string): Promise<void> {
  while ((await fetch(`${url}/readyz`)).status === 200) await new Promise((done) => setTimeout(done, 10));
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('kill -9 leaves no example service behind, and the next start takes the data folder over', async () => {
  const { child, exit, summary } = await start(['--with-example']);
  child.kill('SIGKILL');
  expect(await exit).toBe(null);
  await untilGone(summary.example_url);
  const next = await start();
  next.child.kill('SIGTERM');
  expect(await next.exit).toBe(0);
});

test('a second server on one data folder, and one on a taken port, are refused by name', async () => {
  const { child } = await start();
  const second = launch(['start', '--port', '0']);
  expect(await second.exit).toBe(2);
  expect(await second.stderr).toMatch(
    new RegExp(`^error CAPSTAN_CONFLICT: the data folder .*/\\.capstan belongs to process ${child.pid}, `, 'u'),
  );
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const port = portOf(squatter);
  const third = launch(['start', '--data', 'other'], { PORT: String(port) });
  expect(await third.exit).toBe(2);
  expect(await third.stderr).toContain(`port ${port} on 127.0.0.1 is taken`);
  squatter.close();
});

describe.each(['in process', 'over the running server'] as const)('capstan mcp %s', (where) => {
  let service: ExampleService;
  let env: Record<string, string>;

  beforeEach(async () => {
    service = await startExampleService({ token: 'token-of-the-test' });
    env = { ...ENVIRONMENT, EXAMPLE_REMOTE_BASE_URL: service.url, [TOKEN_VARIABLE]: service.token };
    if (where === 'over the running server') {
      await start([], env);
      // Without them a host in process could not reach the service.
      env = ENVIRONMENT;
    }
  });

  afterEach(() => service.close());

  test('serves the client of the current SDK', async () => {
    const transport = new StdioClientTransport({ ...COMMAND, cwd: folder.path, env });
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(transport);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['wp_list_posts', 'wp_publish_post']);
    const published = await client.callTool({ name: 'wp_publish_post', arguments: { title: 'From v2', content: '…' } });
    expect(published.structuredContent).toMatchObject({ title: 'From v2' });
    expect(await client.callTool({ name: 'wp_publish_post', arguments: {} })).toMatchObject({ isError: true });
    await expect(client.callTool({ name: 'nothing', arguments: {} })).rejects.toMatchObject({ code: -32_602 });
    const listed = await client.callTool({ name: 'wp_list_posts', arguments: {} });
    expect(listed.structuredContent).toMatchObject({ items: [{ title: 'From v2' }] });
    await client.close();
  });

  test('serves the client of the earlier SDK', async () => {
    const transport = new EarlierStdioClientTransport({ ...COMMAND, cwd: folder.path, env });
    const client = new EarlierClient({ name: 'test', version: '1' });
    await client.connect(transport);
    expect((await client.listTools()).tools).toHaveLength(2);
    const published = await client.callTool({ name: 'wp_publish_post', arguments: { title: 'From v1', content: '…' } });
    expect(published.structuredContent).toMatchObject({ title: 'From v1' });
    await client.close();
  });
});

test('capstan mcp ends when stdin ends', async () => {
  const { child, exit, stdout } = launch(['mcp']);
  child.stdin?.end();
  expect(await exit).toBe(0);
  expect(await stdout).toBe('');
});
