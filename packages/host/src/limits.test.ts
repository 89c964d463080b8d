import type { ConcurrencyLimiter, RateLimiter, WindowState } from '@capstan/limits';
import type { JsonObject } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { loadSettings } from './settings/host-settings.ts';
import { contractService } from './test-kit/contract-service.ts';
import { REMOTE_MANIFEST } from './test-kit/pack-folder.ts';
import { hostOn } from './test-kit/test-host.ts';

const PRINCIPAL = { id: 'key:a', roles: ['agent'], permissions: [] };
const OTHER = { ...PRINCIPAL, id: 'key:b' };

async function hostWith(yaml: string, options: Parameters<typeof hostOn>[1] = {}) {
  const { host, records } = await hostOn({ 'capstan.yaml': `version: 1\n${yaml}` }, options);
  const gate = Promise.withResolvers<string>();
  host.register({ id: 'app.quick', description: 'x', handler: () => 'done' });
  host.register({ id: 'app.look', description: 'x', annotations: { readOnly: true }, handler: () => 'seen' });
  host.register({ id: 'app.slow', description: 'x', handler: () => gate.promise });
  const call = (tool: string, principal = PRINCIPAL) => host.invoke({ tool, principal });
  return { host, records, call, open: () => gate.resolve('done') };
}

test('a daily quota counts all tools of a principal, and ends at midnight UTC', async () => {
  let now = Date.UTC(2026, 0, 1, 23, 59, 0);
  const { call } = await hostWith('defaults: { daily_quota: 2 }', { clock: { now: () => now } });
  expect(await call('quick')).toMatchObject({ status: 'succeeded' });
  expect(await call('look')).toMatchObject({ status: 'succeeded' });
  expect(await call('quick')).toMatchObject({
    error: { code: 'CAPSTAN_RATE_LIMITED', details: { limit: 2, policy: 'quota', retry_after_ms: 60_000 } },
  });
  expect(await call('quick', OTHER)).toMatchObject({ status: 'succeeded' });
  now = Date.UTC(2026, 0, 2, 0, 0, 0);
  expect(await call('quick')).toMatchObject({ status: 'succeeded' });
});

test('a workspace has its own quota and its own number of calls at once', async () => {
  const { call, open, host } = await hostWith(
    'workspaces: { default: { limits: { max_in_flight: 1, daily_quota: 2 } } }',
  );
  const slow = call('slow');
  expect(await call('quick', OTHER)).toMatchObject({
    error: { code: 'CAPSTAN_RATE_LIMITED', details: { max_in_flight: 1, policy: 'workspace', retry_after_ms: 1_000 } },
  });
  open();
  expect(await slow).toMatchObject({ status: 'succeeded' });
  expect(await call('quick', OTHER), 'the refused call took nothing from the quota').toMatchObject({
    status: 'succeeded',
  });
  expect(await call('quick')).toMatchObject({ error: { details: { policy: 'workspace_quota' } } });
  expect(host.metrics()).toMatchObject({ rate_limit_refusals: 2 });
});

test('a tool has its own number of calls at once, and a call that fails or is cancelled gives its place back', async () => {
  const { host, call, open } = await hostWith('defaults: { max_in_flight: 2 }');
  host.register({ id: 'app.bad', description: 'x', handler: () => Promise.reject(new Error('no')) });
  const controller = new AbortController();
  const cancelled = host.invoke({ tool: 'slow', signal: controller.signal });
  const slow = call('slow');
  expect(await call('slow')).toMatchObject({ error: { details: { policy: 'tool' } } });
  expect(await call('quick')).toMatchObject({ status: 'succeeded' });
  for (let n = 0; n < 5; n += 1) expect(await call('bad')).toMatchObject({ error: { code: 'CAPSTAN_TOOL_FAILED' } });
  controller.abort();
  expect(await cancelled).toMatchObject({ error: { code: 'CAPSTAN_CANCELLED' } });
  const third = call('slow');
  open();
  expect((await Promise.all([slow, third])).map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
});

test('a caller may hear how much is left', async () => {
  const { host } = await hostWith('defaults: { rate_limit: { limit: 10, window_ms: 60000 }, daily_quota: 3 }');
  const heard: WindowState[] = [];
  await host.invoke({ tool: 'quick', onRateLimit: (window) => heard.push(window) });
  expect(heard).toMatchObject([{ rule: { name: 'quota', limit: 3 }, remaining: 2 }]);
});

const AWAY: { readonly rate: RateLimiter; readonly concurrency: ConcurrencyLimiter } = {
  rate: { take: async () => ({ kind: 'unavailable', cause: 'away' }), close: async () => undefined },
  concurrency: { enter: async () => ({ kind: 'unavailable', cause: 'away' }), close: async () => undefined },
};

test.each([
  ['', 'CAPSTAN_LIMITS_UNAVAILABLE', 'seen'],
  ['limits: { on_redis_failure: { reads: closed, writes: open } }', 'done', 'CAPSTAN_LIMITS_UNAVAILABLE'],
])(
  'while shared limits do not answer, %j decides; what may go on is counted by this replica',
  async (yaml, write, read) => {
    const limits = 'defaults: { rate_limit: { limit: 1, window_ms: 60000 }, max_in_flight: 5 }';
    const { call } = await hostWith(`${limits}\n${yaml}`, { limiters: AWAY });
    const said = async (tool: string): Promise<unknown> => {
      const outcome = await call(tool);
      return outcome.status === 'succeeded' ? outcome.result.value : 'error' in outcome && outcome.error.code;
    };
    expect([await said('quick'), await said('look')]).toEqual([write, read]);
    expect(await said(write === 'done' ? 'quick' : 'look')).toBe('CAPSTAN_RATE_LIMITED');
  },
);

test.each([
  ['defaults: { max_in_flight: 0 }', 'CAPSTAN_SETTINGS_INVALID_VALUE'],
  ['defaults: { daily_quota: many }', 'CAPSTAN_SETTINGS_WRONG_TYPE'],
  ['limits: { on_redis_failure: { reads: maybe } }', 'CAPSTAN_SETTINGS_INVALID_VALUE'],
  ['workspaces: { default: { limits: { max_inflight: 1 } } }', 'CAPSTAN_SETTINGS_UNKNOWN_KEY'],
  ['cache: { ttl_s: 0 }', 'CAPSTAN_SETTINGS_INVALID_VALUE'],
])('%s is refused with its place', (yaml, code) => {
  const { settings, diagnostics } = loadSettings({ path: 'capstan.yaml', text: `version: 1\n${yaml}\n` });
  expect(settings).toBeUndefined();
  expect(diagnostics).toMatchObject([{ code, position: { line: 2 } }]);
});

test('limits of a connection that was made at run time hold from its first call', async () => {
  const service = await contractService();
  const { host } = await hostOn({
    'packs/line/manifest.yaml': REMOTE_MANIFEST,
    'capstan.yaml': `version: 1
discover: [./packs/*]
packs: { line_pack: { config: { api_token: token-of-line } } }
workspaces: { default: { packs: [line_pack] } }
egress: { allow_private: [127.0.0.0/8] }
`,
  });
  const admin = { principal: { id: 'key:ada', roles: ['admin'], permissions: [] }, surface: 'rest' } as const;
  const { connections } = host.administration;
  const made = (id: string, more: JsonObject = {}) =>
    connections.create(
      'default',
      { id, pack: 'line_pack', tool_type: 'line', remote_cluster_url: service.url, ...more },
      admin,
    );
  await made('con_free');
  await made('con_scarce', { limits: { rate_limit: { limit: 1, window_ms: 60_000 } } });
  const call = (connection: string) => host.invoke({ tool: 'line_send_message', arguments: { to: 'x' }, connection });
  expect(await call('con_scarce')).toMatchObject({ status: 'succeeded' });
  expect(await call('con_scarce')).toMatchObject({
    error: { code: 'CAPSTAN_RATE_LIMITED', details: { policy: 'connection' } },
  });
  expect(await call('con_free')).toMatchObject({ status: 'succeeded' });
  expect(await call('con_free')).toMatchObject({ status: 'succeeded' });
});
