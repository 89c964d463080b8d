import { CapstanError } from '@capstan/sdk';
import { expect, onTestFinished, test } from 'vitest';
import type { AuditRecord } from './audit/audit-record.ts';
import { createHost } from './create-host.ts';
import type { Host, HostEvents } from './host.ts';
import type { HostOptions } from './host-options.ts';
import { contractService } from './test-kit/contract-service.ts';
import { REMOTE_MANIFEST } from './test-kit/pack-folder.ts';
import { hostOn } from './test-kit/test-host.ts';

async function embedded(options: HostOptions = {}): Promise<{ host: Host; records: AuditRecord[] }> {
  const records: AuditRecord[] = [];
  const audit = {
    append: (record: AuditRecord) => {
      records.push(record);
      return undefined;
    },
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const host = await createHost({ audit, ...options });
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  return { host, records };
}

const BREAKER = { failureThreshold: 2, recoveryTimeoutMs: 60_000, successThreshold: 1 };

test('a tool that declares a breaker is left alone after its failures, and stands among the circuits', async () => {
  let now = Date.UTC(2026, 0, 1);
  const { host } = await embedded({ clock: { now: () => now } });
  const events: HostEvents['circuit:state'][0][] = [];
  host.on('circuit:state', (event) => events.push(event));
  let calls = 0;
  let isBroken = true;
  host.register({
    id: 'shop.order',
    description: 'Orders',
    breaker: BREAKER,
    handler: () => {
      calls += 1;
      if (isBroken) throw new Error('down');
      return { ok: true };
    },
  });
  const call = () => host.invoke({ tool: 'shop.order' });
  for (let count = 0; count < 2; count += 1)
    expect(await call()).toMatchObject({ error: { code: 'CAPSTAN_TOOL_FAILED' } });
  expect(await call()).toMatchObject({
    error: { code: 'CAPSTAN_CIRCUIT_OPEN', details: { retry_after_ms: 60_000 } },
  });
  expect(calls).toBe(2);
  expect(host.circuits()).toMatchObject([
    {
      endpoint: 'tool:default/shop.order',
      state: 'open',
      reason: 'CAPSTAN_TOOL_FAILED',
      counters: { calls: 2, failures: 2, rejected: 1 },
      last_failure: { at: '2026-01-01T00:00:00.000Z', reason: 'CAPSTAN_TOOL_FAILED' },
    },
  ]);
  now += 60_000;
  isBroken = false;
  expect(await call()).toMatchObject({ status: 'succeeded' });
  expect(events).toMatchObject([
    { from: 'closed', to: 'open', reason: 'CAPSTAN_TOOL_FAILED', counters: { calls: 2, failures: 2 } },
    { from: 'open', to: 'half_open' },
    { from: 'half_open', to: 'closed' },
  ]);
});

test('what a tool refuses, and what its caller cancels, opens no breaker', async () => {
  const { host } = await embedded();
  host.register({
    id: 'shop.order',
    description: 'Orders',
    breaker: BREAKER,
    handler: (input) => {
      throw new CapstanError('kind' in input ? 'CAPSTAN_CANCELLED' : 'CAPSTAN_INVALID_ARGUMENTS', 'no');
    },
  });
  for (let count = 0; count < 3; count += 1) {
    await host.invoke({ tool: 'shop.order' });
    await host.invoke({ tool: 'shop.order', arguments: { kind: 'cancelled' } });
  }
  expect(host.circuits()).toMatchObject([{ state: 'closed', failures: 0 }]);
});

test('another tool stands in for one that failed for good; outcome and audit say which, and instead of what', async () => {
  const { host, records } = await embedded();
  host.register({
    id: 'search.best',
    description: 'Searches',
    fallback: 'search.plain',
    handler: () => {
      throw new CapstanError('CAPSTAN_REMOTE_UNAVAILABLE', 'The service is down.');
    },
  });
  host.register({ id: 'search.plain', description: 'Searches', handler: ({ q }) => ({ found: String(q) }) });
  const outcome = await host.invoke({ tool: 'search.best', arguments: { q: 'x' } });
  expect(outcome).toMatchObject({
    status: 'succeeded',
    result: { value: { found: 'x' } },
    fallback: { kind: 'tool', tool: 'search.plain', insteadOf: { code: 'CAPSTAN_REMOTE_UNAVAILABLE' } },
  });
  expect(records).toMatchObject([
    { tool: 'search.plain', surface: 'tool', status: 'succeeded' },
    {
      tool: 'search.best',
      status: 'succeeded',
      fallback: { kind: 'tool', tool: 'search.plain', code: 'CAPSTAN_REMOTE_UNAVAILABLE' },
    },
  ]);
});

test('two tools that stand in for each other make no circle, and both failures are told', async () => {
  const { host } = await embedded();
  let calls = 0;
  const handler = (): never => {
    calls += 1;
    throw new CapstanError('CAPSTAN_REMOTE_TIMEOUT', 'Silence.');
  };
  host.register({ id: 'a.one', description: 'One', fallback: 'a.two', handler });
  host.register({ id: 'a.two', description: 'Two', fallback: 'a.one', handler });
  expect(await host.invoke({ tool: 'a.one' })).toMatchObject({
    status: 'failed',
    error: {
      code: 'CAPSTAN_REMOTE_TIMEOUT',
      details: { fallback: { tool: 'a.two', code: 'CAPSTAN_REMOTE_TIMEOUT' } },
    },
  });
  expect(calls).toBe(2);
});

test('nothing stands in for what was refused: wrong arguments, denials, a refusal of the service', async () => {
  const { host } = await embedded();
  const inputSchema = { type: 'object', required: ['q'] };
  host.register({
    id: 'a.one',
    description: 'One',
    inputSchema,
    fallback: 'a.two',
    handler: () => {
      throw new CapstanError('CAPSTAN_REMOTE_REFUSED', 'No.');
    },
  });
  host.register({ id: 'a.two', description: 'Two', handler: () => 1 });
  const codes = [];
  for (const given of [{}, { q: 1 }]) {
    const outcome = await host.invoke({ tool: 'a.one', arguments: given });
    codes.push(outcome.status === 'failed' ? outcome.error.code : outcome.status);
  }
  expect(codes).toEqual(['CAPSTAN_INVALID_ARGUMENTS', 'CAPSTAN_REMOTE_REFUSED']);
});

test('the last good result of the same arguments stands in, with its age, and for nobody else', async () => {
  let now = 1_000;
  const { host } = await embedded({ clock: { now: () => now } });
  let isBroken = false;
  host.register({
    id: 'weather.now',
    description: 'Weather',
    fallback: 'stale',
    handler: ({ city }, { principal }) => {
      if (isBroken) throw new Error('down');
      return { city: String(city), for: principal.id };
    },
  });
  const anna = { id: 'anna', roles: ['agent'], permissions: [] };
  const call = (principal: typeof anna, given: object) =>
    host.invoke({ tool: 'weather.now', principal, arguments: { ...given } });
  await call(anna, { city: 'Wien', unit: 'c' });
  isBroken = true;
  now += 5_000;
  expect(await call(anna, { unit: 'c', city: 'Wien' })).toMatchObject({
    status: 'succeeded',
    result: { value: { city: 'Wien', for: 'anna' } },
    fallback: { kind: 'stale', ageMs: 5_000, insteadOf: { code: 'CAPSTAN_TOOL_FAILED' } },
  });
  expect(await call({ ...anna, id: 'bert' }, { city: 'Wien', unit: 'c' })).toMatchObject({ status: 'failed' });
  expect(await call(anna, { city: 'Linz', unit: 'c' })).toMatchObject({ status: 'failed' });
});

test('a tool that calls another one gives it no more time than it has itself', async () => {
  const { host } = await embedded();
  const { promise: over, resolve } = Promise.withResolvers<number>();
  host.register({
    id: 'a.inner',
    description: 'Inner',
    handler: (_input, { signal, deadline }) => {
      signal.addEventListener('abort', () => resolve(deadline));
      return new Promise(() => undefined);
    },
  });
  const deadline = Date.now() + 200;
  const outcome = await host.invoke({ tool: 'a.inner', deadline });
  expect(outcome).toMatchObject({ error: { code: 'CAPSTAN_DEADLINE_EXCEEDED' } });
  expect(await over).toBeLessThanOrEqual(deadline);
});

const MEBIBYTE = 1024 * 1024;

test('a large result goes to an agent as a reference and how it begins; its workspace can fetch it', async () => {
  const { host } = await embedded();
  host.register({ id: 'a.big', description: 'Big', handler: () => ({ text: 'x'.repeat(MEBIBYTE) }) });
  const outcome = await host.invoke({ tool: 'a.big', surface: 'mcp' });
  if (outcome.status !== 'succeeded') throw new Error('it failed');
  const { value, content, meta } = outcome.result;
  expect(JSON.stringify(outcome.result).length).toBeLessThan(6_000);
  expect(content).toMatchObject([
    { type: 'text', text: expect.stringContaining('xxx') },
    { type: 'resource_link', mimeType: 'application/json', size: MEBIBYTE + 11 },
  ]);
  expect(value).toMatchObject({
    stored_result: { bytes: MEBIBYTE + 11 },
    preview: expect.stringMatching(/^\{"text":"x/),
  });
  const { id = '' } = (meta?.['capstan/stored_result'] ?? {}) as { id?: string };
  expect(JSON.parse((await host.storedResult(id)) ?? '')).toEqual({ text: 'x'.repeat(MEBIBYTE) });
  expect(await host.storedResult('res_00')).toBeUndefined();
});

test('an application, and a tool that calls another, get a large result whole', async () => {
  const { host } = await embedded();
  host.register({ id: 'a.big', description: 'Big', handler: () => 'x'.repeat(2 * MEBIBYTE) });
  for (const surface of ['in_process', 'tool'] as const) {
    const outcome = await host.invoke({ tool: 'a.big', surface });
    expect(outcome.status === 'succeeded' && String(outcome.result.value).length).toBe(2 * MEBIBYTE);
  }
});

test('a pack with several endpoints needs no base_url, and goes around the one that is down', async () => {
  const [one, two] = [await contractService(), await contractService()];
  await one.stop();
  const connection = `{ id: line, pack: line_pack, tool_type: line, remote_cluster_urls: ['${one.url}', { url: '${two.url}', weight: 2 }], strategy: round_robin, auth: { type: bearer, token: t0ken-of-line } }`;
  const { host } = await hostOn({
    'packs/line/manifest.yaml': REMOTE_MANIFEST,
    'capstan.yaml': `discover: [./packs/*]\nworkspaces: { default: { packs: [line_pack], connections: [${connection}] } }\negress: { allow_private: [127.0.0.0/8] }\n`,
  });
  for (let count = 0; count < 12; count += 1) {
    expect(await host.invoke({ tool: 'line_pack.line.send_message', arguments: { to: 'U' } })).toMatchObject({
      status: 'succeeded',
    });
  }
  expect(two.requests.filter(({ path }) => path.includes('line.send_message'))).toHaveLength(12);
  expect(host.circuits()).toMatchObject([
    { endpoint: one.url, state: 'open', counters: { failures: 5 } },
    { endpoint: two.url, state: 'closed' },
  ]);
  expect(host.packs()[0]?.state.kind).toBe('ready');
});

test("the operator's word for a pack goes before the pack's own config, which goes before the host's defaults", async () => {
  const manifest = REMOTE_MANIFEST.replace(
    'tools:',
    `    - { name: default_timeout, type: number, default: 7, description: Seconds }
    - { name: failure_threshold, type: integer, default: 9, description: Failures }
    - { name: max_retries, type: integer, default: 1, description: Retries }
tools:`,
  );
  const { host } = await hostOn({
    'packs/line/manifest.yaml': manifest,
    'capstan.yaml': `discover: [./packs/*]
packs: { line_pack: { policy: { retry: { max_retries: 2 }, deadline_ms: 20000 }, config: { base_url: 'http://127.0.0.1:9', api_token: x } } }
workspaces: { default: { packs: [line_pack] } }
defaults: { retry: { base_ms: 100 } }
`,
  });
  expect(host.findTool('line_pack.line.send_message')?.policy).toMatchObject({
    timeoutMs: 7_000,
    deadlineMs: 20_000,
    retry: { maxRetries: 2, baseMs: 100, maxMs: 10_000 },
    breaker: { failureThreshold: 9, recoveryTimeoutMs: 60_000 },
  });
});
