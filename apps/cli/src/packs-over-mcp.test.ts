import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { startExampleService } from '@capstan/example-remote-service';
import { startTestPostgres } from '@capstan/testing/postgres';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, onTestFinished, test } from 'vitest';
import { fakeIo } from './fake-io.test.support.ts';
import { runCli } from './run-cli.ts';

/*
 * The packs of this repository as `start` serves them with the capstan.yaml of this repository, each after its settings
 * were given, through a real MCP client. The servers of mcp_servers come out of node_modules, so that no test asks a registry.
 */

const REPOSITORY = resolve(import.meta.dirname, '../../..');

const WEATHER = {
  weather: [{ main: 'Rain', description: 'light rain' }],
  main: { temp: 7.5, feels_like: 5, temp_min: 7, temp_max: 8, pressure: 1012, humidity: 81 },
  wind: { speed: 3.6, deg: 200 },
  sys: { country: 'NO' },
  name: 'Oslo',
  cod: 200,
};
const COMPLETION = {
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

/** Everything that the packs call. */
async function services(): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answerTo(path, url)));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return url;
}

function answerTo(path: string, url: string): object {
  if (path === '/data/2.5/weather') return WEATHER;
  if (path === '/v1/chat/completions') return COMPLETION;
  if (path === '/services/orders') return { url };
  return { path };
}

const OTHERS = '  # Others of ./packs want a key or a folder first; their READMEs say what to write here.';

/** The settings of the repository, with what an operator adds. */
function settings(folder: string, url: string): string {
  const text = readFileSync(join(REPOSITORY, 'capstan.yaml'), 'utf8');
  if (!text.includes(OTHERS)) throw new Error('the place for other packs is gone from capstan.yaml');
  const added = `  files: { trust: in_process, config: { roots: { docs: "${folder}/docs" } } }
  http_request: { trust: in_process, environment: [HTTP_REQUEST_ALLOWED_HOSTS] }
  microservice: { trust: in_process, environment: [SERVICE_REGISTRY_URL] }
  openai_compatible: { trust: in_process, environment: [OPENAI_API_KEY, OPENAI_BASE_URL] }
  mcp_servers: { from: "${folder}/mcp-servers", trust: in_process, config: { folder: "${folder}/docs", memory_file: "${folder}/memory.jsonl" } }
  notify: { environment: [NOTIFY_BASE_URL, NOTIFY_API_TOKEN] }
  postgres: { trust: in_process, environment: [DATABASE_URL] }
  openweather: { environment: [OPENWEATHER_API_KEY], config: { base_url: "${url}/data/2.5" } }`;
  return text
    .replace('discover: [./packs/*]', `discover: ["${REPOSITORY}/packs/*"]`)
    .replace(OTHERS, added)
    .replace(
      'packs: [example_remote_http, tooluniverse]',
      'packs: [example_remote_http, tooluniverse, files, http_request, mcp_servers, microservice, notify, openai_compatible, openweather, postgres]',
    )
    .concat('server: { compact_threshold: 200 }\n');
}

/** The pack, with its servers started by this Node. */
function writeMcpServers(folder: string): void {
  const pack = join(REPOSITORY, 'packs/mcp-servers');
  const { resolve: find } = createRequire(join(pack, 'package.json'));
  const scriptOf = (name: string): string => {
    const path = find(`${name}/package.json`);
    return join(dirname(path), String(Object.values(JSON.parse(readFileSync(path, 'utf8')).bin)[0]));
  };
  const text = readFileSync(join(pack, 'manifest.yaml'), 'utf8')
    .replace('ui_schema: ./ui_schema.json\n', '')
    .replaceAll('command: npx', `command: ${JSON.stringify(process.execPath)}`)
    .replaceAll(/"-y", "(@modelcontextprotocol\/[a-z-]+)@[0-9.]+"/g, (_all, name: string) =>
      JSON.stringify(scriptOf(name)),
    );
  mkdirSync(folder);
  writeFileSync(join(folder, 'manifest.yaml'), text);
}

async function startedClient(): Promise<{ readonly client: Client; readonly url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-packs-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // The embedded database runs as a user who has to pass through it, where the test runs as root.
  chmodSync(folder, 0o755);
  const url = await services();
  mkdirSync(join(folder, 'docs'));
  writeFileSync(join(folder, 'docs/notes.txt'), 'the lamp is green');
  writeMcpServers(join(folder, 'mcp-servers'));
  writeFileSync(join(folder, 'capstan.yaml'), settings(folder, url));
  const token = 'a-token-of-the-test';
  const remote = await startExampleService({ token });
  onTestFinished(() => remote.close());
  const database = await startTestPostgres();
  onTestFinished(() => database.close());
  const env = {
    PATH: process.env.PATH,
    NOTIFY_BASE_URL: remote.url,
    NOTIFY_API_TOKEN: token,
    DATABASE_URL: database.url('postgres'),
    OPENAI_API_KEY: 'k1',
    OPENAI_BASE_URL: `${url}/v1`,
    OPENWEATHER_API_KEY: 'k2',
    SERVICE_REGISTRY_URL: url,
    HTTP_REQUEST_ALLOWED_HOSTS: new URL(url).host,
  };
  const fake = fakeIo({ argv: ['start', '--port', '0', '--json', '--with-example'], cwd: folder, env });
  const exit = runCli(fake.io);
  onTestFinished(async () => {
    fake.signal('SIGTERM');
    await exit;
  });
  const ended = exit.then((code) => Promise.reject(new Error(`exit ${code}: ${fake.stderr()}`)));
  const summary = JSON.parse(await Promise.race([fake.untilStdout(/^\{.*\}\n$/u), ended])) as {
    readonly url: string;
    readonly keys: { readonly agent: string };
  };
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${summary.url}/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${summary.keys.agent}` } },
    }),
  );
  onTestFinished(() => client.close());
  return { client, url };
}

test('each pack is used through a real client, from the capstan.yaml of this repository', async () => {
  const { client, url } = await startedClient();
  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['line_send_message', 'read_file', 'http_get', 'microservice_call', 'openai_completion']),
  );
  expect(names.length).toBeGreaterThan(15);
  const call = async (name: string, input: Record<string, unknown>) => {
    const result = await client.callTool({ name, arguments: input });
    return { isError: result.isError ?? false, value: result.structuredContent ?? result.content };
  };
  expect(await call('read_file', { path: 'notes.txt' })).toMatchObject({
    isError: false,
    value: expect.objectContaining({ text: 'the lamp is green' }),
  });
  expect(await call('http_get', { url: `${url}/hello` })).toMatchObject({
    isError: false,
    value: { status_code: 200, data: { path: '/hello' } },
  });
  expect(await call('microservice_call', { service_name: 'orders', endpoint: '/v1/orders/42' })).toMatchObject({
    isError: false,
    value: { status_code: 200, data: { path: '/v1/orders/42' } },
  });
  expect(await call('openai_completion', { prompt: 'hi' })).toMatchObject({
    isError: false,
    value: { completion: 'hello' },
  });
  expect(await call('weather_api', { city: 'Oslo' })).toMatchObject({
    isError: false,
    value: { city: 'Oslo', temperature: 7.5, humidity: 81 },
  });
  expect(await call('line_send_message', { to: 'U1', messages: ['hi'] })).toMatchObject({ isError: false });
  expect(await call('notify_wp_publish_post', { title: 'Hi', content: 'There' })).toMatchObject({ isError: false });
  expect(await call('database_query', { query: 'SELECT 1 AS one' })).toMatchObject({
    isError: false,
    value: { data: [{ one: 1 }] },
  });
  expect(JSON.stringify(await call('memory_read_graph', {}))).toContain('entities');
  expect(JSON.stringify(await call('pubmed_search', { term: 'x' }))).toContain('CAPSTAN_NEEDS_CONFIG');
}, 90_000);
