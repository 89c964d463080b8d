import { chmodSync, mkdirSync } from 'node:fs';
import { createHost, type Host } from '@capstan/host';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHostBackend } from '../backend/host-backend.ts';
import type { CheckItem } from '../check/check-item.ts';
import { type ExampleFolder, exampleFolder } from '../example-folder.test.support.ts';
import { fakeIo } from '../fake-io.test.support.ts';
import { runCli } from '../run-cli.ts';

let folder: ExampleFolder;
let host: Host | undefined;

beforeEach(() => {
  folder = exampleFolder();
});

afterEach(async () => {
  await host?.close({ timeoutMs: 100 });
  host = undefined;
  folder.remove();
});

async function check(env: Readonly<Record<string, string>> = {}, ...more: readonly string[]) {
  const environment = { EXAMPLE_REMOTE_BASE_URL: 'http://127.0.0.1:9', EXAMPLE_REMOTE_API_TOKEN: 'canary-token' };
  const fake = fakeIo({ argv: ['check', '--production', '--data', folder.data, ...more], cwd: folder.path, env });
  const principal = { id: 'system:cli', roles: ['admin'], permissions: [] };
  const code = await runCli(fake.io, async () => {
    host = await createHost({ config: `${folder.path}/capstan.yaml`, environment });
    return createHostBackend({ host, principal, surface: 'cli', close: async () => {} });
  });
  return { code, out: fake.stdout(), err: fake.stderr() };
}

function verdicts(out: string): Readonly<Record<string, string>> {
  const { items } = JSON.parse(out) as { readonly items: readonly CheckItem[] };
  return Object.fromEntries(items.map(({ name, verdict }) => [name, verdict]));
}

const READY = `
version: 1
discover: [./packs/*]
packs:
  notes: { environment: [EXAMPLE_REMOTE_BASE_URL, EXAMPLE_REMOTE_API_TOKEN] }
workspaces:
  default: { packs: [notes], limits: { rate_limit: { limit: 600, window_ms: 60000 } } }
keys:
  - { name: ci, workspace: default, role: agent, expires_at: "2030-01-01T00:00:00Z", value: env:CI_KEY }
server: { public_url: "https://tools.example.com", trusted_proxies: [10.0.0.0/8] }
telemetry: { otlp: { endpoint: "http://127.0.0.1:4318", headers: { authorization: env:OTLP_AUTH } } }
`;

test('a laptop is not production: each item has a line with its evidence, and the exit code says so', async () => {
  const { code, out } = await check();
  expect(code).toBe(5);
  for (const name of [
    'permission checks',
    'monitoring',
    'rate limits',
    'caching',
    'error handling',
    'documentation',
    'testing',
  ]) {
    expect(out).toMatch(new RegExp(`^[✓!✗] ${name} +\\S`, 'mu'));
  }
  expect(out).toMatch(/✗ rate limits +0 of 2 tools limited; 0 of 2 workspaces limited/u);
  expect(out).toMatch(/! keys expire +1 key without an end: ci/u);
  expect(out).toMatch(/! master key +none is given/u);
  expect(out).toMatch(/^20 items: \d+ pass, \d+ to look at, \d+ failed/mu);
  expect(out).not.toContain('canary-token');
});

test('what is set up for production passes, and the exit code is 0', async () => {
  folder.write('capstan.yaml', READY);
  mkdirSync(folder.data, { recursive: true });
  chmodSync(folder.data, 0o700);
  const env = {
    CAPSTAN_MASTER_KEY_FILE: '/x',
    CAPSTAN_DATABASE_URL: 'postgres://u:canary@h/d',
    CAPSTAN_REDIS_URL: 'redis://h',
  };
  const { code, out } = await check(env, '-o', 'json');
  expect(out).not.toContain('canary');
  const found = verdicts(out);
  for (const name of [
    'monitoring',
    'rate limits',
    'error handling',
    'TLS',
    'proxies',
    'master key',
    'database',
    'replicas',
    'keys expire',
    'secrets in files',
    'trusted code',
    'egress',
    'data folder',
  ]) {
    expect(`${name} ${found[name]}`).toBe(`${name} pass`);
  }
  expect(Object.values(found)).not.toContain('fail');
  expect(code).toBe(0);
});

test.each([
  ['a literal key', READY.replace('env:CI_KEY', 'value-of-the-key-ci'), 'secrets in files'],
  ['a literal header', READY.replace('env:OTLP_AUTH', 'Bearer-x'), 'secrets in files'],
  ['every private address', `${READY}egress: { allow_private: [0.0.0.0/0] }\n`, 'egress'],
  ['an open port without TLS', READY.replace('public_url: "https://tools.example.com"', 'host: 0.0.0.0'), 'TLS'],
  ['no limits', READY.replace(', limits: { rate_limit: { limit: 600, window_ms: 60000 } }', ''), 'rate limits'],
])('%s fails', async (_what, settings, item) => {
  folder.write('capstan.yaml', settings);
  const { code, out } = await check({}, '-o', 'json');
  expect(verdicts(out)[item]).toBe('fail');
  expect(out).not.toContain('value-of-the-key-ci');
  expect(code).toBe(5);
});

test('a data folder that others can read fails', async () => {
  mkdirSync(folder.data, { recursive: true });
  chmodSync(folder.data, 0o755);
  expect(verdicts((await check({}, '-o', 'json')).out)['data folder']).toBe('fail');
});

test('without --production the settings are read as a start would', async () => {
  const run = async () => {
    const fake = fakeIo({ argv: ['check'], cwd: folder.path });
    const code = await runCli(fake.io, () => Promise.reject(new Error('no host is needed')));
    return { code, text: fake.stdout() + fake.stderr() };
  };
  expect(await run()).toMatchObject({ code: 0, text: expect.stringContaining('capstan.yaml') });
  folder.write('capstan.yaml', 'server: { port: x }');
  expect(await run()).toMatchObject({ code: 5, text: expect.stringMatching(/capstan\.yaml:1:\d+/u) });
});
