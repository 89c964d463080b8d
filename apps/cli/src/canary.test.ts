import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { beforeAll, expect, onTestFinished, test } from 'vitest';

/* A secret goes through the built server with --debug on; then everything that the server wrote is searched for it. */

const ROOT = resolve(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'apps/cli/dist/main.js');
const CANARY = 'c4nary/Secret+täken=42';
const MANIFEST = `code: line_pack
display_name: Line
version: 1.0.0
type: connector
description: Messages
config:
  schema:
    - { name: base_url, type: string, required: true, description: Where }
    - { name: api_token, type: string, required: true, secret: true, description: Token }
tools:
  - name: line.send_message
    description: Sends
    danger_level: medium
    input_schema: { type: object, properties: { to: { type: string } } }
`;

beforeAll(() => {
  if (!existsSync(MAIN)) execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-b', 'apps/cli'], { cwd: ROOT });
}, 240_000);

function formsOf(secret: string): readonly string[] {
  const base64 = [0, 1, 2].map((lead) => {
    const padded = Buffer.concat([Buffer.alloc(lead), Buffer.from(secret)]).toString('base64');
    return padded.slice(lead === 0 ? 0 : lead + 1, Math.floor(((Buffer.from(secret).length + lead) * 8) / 6));
  });
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...base64];
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });
}

async function freePort(): Promise<number> {
  const probe = createTcpServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}

/** A hostile service: it echoes its credentials wherever it can. */
async function hostileService(): Promise<{ readonly url: string; readonly seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const header = request.headers.authorization ?? '';
    seen.push(header);
    const token = header.replace('Bearer ', '');
    const status = [401, 500, 422, 400][seen.length % 4] ?? 400;
    response.writeHead(status, { 'content-type': 'application/json', 'x-echo': encodeURIComponent(token) });
    const error = {
      code: `NO ${token}`,
      message: `refused ${token}`,
      details: { token, basic: btoa(`u:${encodeURIComponent(token)}`) },
    };
    response.end(JSON.stringify({ success: false, error, timestamp: '2026-01-01T00:00:00Z' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

test('a secret stands in nothing that a running server writes, with --debug on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-canary-'));
  // A database that root starts runs as nobody, who has to pass.
  chmodSync(folder, 0o711);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const service = await hostileService();
  const data = join(folder, 'data');
  const settings = `version: 1
packs:
  line_pack: { from: ./line, config: { base_url: "${service.url}", api_token: env:SOME_NAME } }
workspaces: { default: { packs: [line_pack] } }
egress: { allow_private: [127.0.0.0/8] }
defaults: { retry: { max_retries: 1, base_ms: 1, max_ms: 1 } }
`;
  mkdirSync(join(folder, 'line'));
  writeFileSync(join(folder, 'line/manifest.yaml'), MANIFEST);
  writeFileSync(join(folder, 'capstan.yaml'), settings);
  const port = await freePort();
  const env = { PATH: process.env.PATH ?? '', SOME_NAME: CANARY };
  const args = ['--config', join(folder, 'capstan.yaml'), '--data', data];
  const child = spawn(process.execPath, [MAIN, 'start', '--debug', '--port', String(port), ...args], { env });
  const printed: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => void printed.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void printed.push(chunk.toString()));
  onTestFinished(() => void child.kill('SIGKILL'));
  await expect.poll(() => existsSync(join(data, 'server.json')), { timeout: 20_000 }).toBe(true);

  const keys: unknown = JSON.parse(readFileSync(join(data, 'keys.json'), 'utf8'));
  const written: string[] = [];
  const base = `http://127.0.0.1:${port}`;
  const key = JSON.stringify(keys).match(/cap_\w{60}/)?.[0] ?? '';
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const rest = async (method: string, path: string, body?: object): Promise<void> => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    written.push(JSON.stringify([...response.headers]), await response.text());
  };
  const workspace = '/v1/workspaces/default';
  for (let call = 0; call < 8; call += 1)
    await rest('POST', `${workspace}/tools/line_send_message/invoke`, { arguments: { to: 'x' } });
  for (const path of [
    '/tools',
    '/tools/line_send_message',
    '/packs',
    '/packs/line_pack/config?explain=true',
    '/connections',
    '/circuits',
  ]) {
    await rest('GET', `${workspace}${path}`);
  }
  const auth = { type: 'bearer', token: CANARY };
  const connection = { id: 'api', pack: 'line_pack', tool_type: 'line', auth, config: { api_token: CANARY } };
  await rest('POST', '/v1/workspaces', { id: 'made' });
  await rest('POST', '/v1/workspaces/made/packs/line_pack/enable', {});
  await rest('POST', '/v1/workspaces/made/connections', { ...connection, auth: { ...auth, wrong: CANARY } });
  await rest('POST', '/v1/workspaces/made/connections', connection);
  await rest('PATCH', '/v1/workspaces/made/connections/api', { auth });
  await rest('PUT', '/v1/packs/line_pack/config/api_token', { secret: CANARY });
  await rest('PUT', '/v1/workspaces/made/packs/line_pack/config/api_token', { secret: CANARY });
  await rest('PUT', '/v1/packs/line_pack/config/base_url', { secret: CANARY });
  await rest('POST', '/v1/workspaces/made/mcp-servers', { name: 'far', server: { url: service.url, token: CANARY } });
  for (let call = 0; call < 4; call += 1)
    await rest('POST', '/v1/workspaces/made/tools/line_send_message/invoke', { arguments: { to: 'x' } });
  for (const path of [
    '',
    '/connections',
    '/connections/api',
    '/config',
    '/packs/line_pack/config?explain=true',
    '/mcp-servers',
  ]) {
    await rest('GET', `/v1/workspaces/made${path}`);
  }
  await rest('GET', '/v1/config');
  await rest('POST', '/v1/apply', { plan: true });
  await rest('GET', '/readyz');
  await rest('GET', '/openapi.json');
  const client = new Client({ name: 'canary', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${base}/mcp`), { requestInit: { headers } }));
  written.push(JSON.stringify(await client.listTools()));
  written.push(JSON.stringify(await client.callTool({ name: 'line_send_message', arguments: { to: 'x' } })));
  await client.close();
  for (const command of [
    ['config', 'explain', 'line_pack'],
    ['pack', 'list', '--json'],
    ['connection', 'list', '--json'],
    ['config', 'explain', 'line_pack', '--json'],
  ]) {
    written.push(execFileSync(process.execPath, [MAIN, ...command, ...args], { env, encoding: 'utf8' }));
  }
  child.kill('SIGTERM');
  await once(child, 'exit');

  expect(service.seen.length).toBeGreaterThan(3);
  expect(written.join(''), 'the words of the service arrive, masked').toContain('refused ●●●●');
  expect(printed.join('')).toContain(`POST ${service.url}/v1/tools/line.send_message`);
  expect(written.join(''), 'the secrets of the API were taken').toContain(
    '"secrets":["/config/api_token","/auth/token"]',
  );
  const files = filesUnder(data).filter((path) => !path.endsWith('keys.json'));
  expect(files.some((path) => path.includes('/audit/server/'))).toBe(true);
  const texts = [...printed, printed.join(''), ...written, ...files.map((path) => readFileSync(path, 'utf8'))];
  for (const text of texts) for (const form of formsOf(CANARY)) expect(text.includes(form) ? text : '').toBe('');
  for (const text of files.map((path) => readFileSync(path, 'utf8'))) expect(text).not.toContain(key);
});
