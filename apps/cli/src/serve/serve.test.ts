import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type ExampleFolder, exampleFolder } from '../example-folder.test.support.ts';
import { fakeIo } from '../fake-io.test.support.ts';
import { runCli } from '../run-cli.ts';

const MAIN = resolve(import.meta.dirname, '../main.ts');
const FILE = resolve(import.meta.dirname, 'greetings.test.support.ts');

let folder: ExampleFolder;

beforeEach(() => {
  folder = exampleFolder();
});

afterEach(() => folder.remove());

/** A real client that starts the command itself. */
async function connect(...argv: string[]): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  const args = ['--conditions=@capstan/source', MAIN, 'serve', ...argv];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, cwd: folder.path, stderr: 'pipe' }));
  onTestFinished(() => client.close());
  return client;
}

const WEATHER = (url: string): string => `code: weather
version: 1.0.0
description: Weather
config:
  schema:
    - { name: base_url, type: string, required: true, description: Where, default: "${url}" }
    - { name: api_key, type: string, required: true, secret: true, description: Key }
tools:
  - name: now
    description: The weather now
    annotations: { read_only: true }
    input_schema: { type: object, required: [city], properties: { city: { type: string } } }
    http:
      url: "\${config.base_url}/now"
      auth: { type: api_key, in: query, name: appid, value: "\${config.api_key}" }
`;

async function weatherService(): Promise<{ readonly url: string; readonly seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? '');
    response.setHeader('content-type', 'application/json').end('{"temperature":21}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

test('one file of tools is an MCP server: what defineTool made is listed and runs, and nothing else', async () => {
  const client = await connect(FILE);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['call_out', 'greet_somebody', 'greet_twice']);
  expect(tools[1]).toMatchObject({
    description: expect.stringContaining('Greets'),
    annotations: { readOnlyHint: true },
  });
  expect(await client.callTool({ name: 'greet_somebody', arguments: { name: 'Ada' } })).toMatchObject({
    structuredContent: { text: 'Hello Ada' },
  });
  const twice = await client.callTool({ name: 'greet_twice', arguments: { name: 'Bo' } });
  expect(JSON.stringify(twice.content)).toContain('Hello Bo');
  expect(await client.callTool({ name: 'greet_somebody', arguments: {} })).toMatchObject({ isError: true });
  const out = await client.callTool({ name: 'call_out', arguments: {} });
  expect(JSON.stringify(out)).toContain('CAPSTAN_NEEDS_CONFIG');
}, 30_000);

test('a pack is an MCP server, with the settings of the command line', async () => {
  const { url, seen } = await weatherService();
  folder.write('weather/manifest.yaml', WEATHER(url));
  const client = await connect('weather', '--set', 'api_key=k1', '--allow-private', '127.0.0.0/8');
  expect(await client.callTool({ name: 'now', arguments: { city: 'Oslo' } })).toMatchObject({
    structuredContent: { temperature: 21 },
  });
  expect(seen).toEqual(['/now?city=Oslo&appid=k1']);
}, 30_000);

test('over HTTP it stands behind a bearer token', async () => {
  const fake = fakeIo({
    argv: ['serve', FILE, '--http', '--port', '0', '--token', 'secret-of-the-test', '--json'],
    cwd: folder.path,
  });
  const exit = runCli(fake.io);
  onTestFinished(async () => {
    fake.signal('SIGTERM');
    await exit;
  });
  const { mcp_url: url } = JSON.parse(await fake.untilStdout(/\}\n$/u)) as { mcp_url: string };
  const list = (token: string) =>
    fetch(url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
    });
  expect((await list('wrong')).status).toBe(401);
  expect((await list('secret-of-the-test')).status).toBe(200);
});

test.each([
  ['nowhere', 'there is no nowhere'],
  ['empty.ts', 'exports no tool'],
  ['broken.ts', 'does not load'],
  ['bad', 'does not load'],
])('what cannot be served (%s) is told', async (path, message) => {
  folder.write('empty.ts', 'export const x = 1;');
  folder.write('broken.ts', 'export const x = ;');
  folder.write('bad/manifest.yaml', 'code: X');
  const fake = fakeIo({ argv: ['serve', path], cwd: folder.path });
  expect(await runCli(fake.io)).not.toBe(0);
  expect(fake.stderr()).toContain(message);
});
