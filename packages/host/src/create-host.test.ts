import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolResult } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { createHost } from './create-host.ts';
import { contractService } from './test-kit/contract-service.ts';
import { REMOTE_MANIFEST, temporaryFolder } from './test-kit/pack-folder.ts';
import { hostOn } from './test-kit/test-host.ts';

const settingsFor = (url: string, more = ''): string => `version: 1
discover: [./packs/*]
packs:
  line_pack: { config: { base_url: "${url}", api_token: s3cret-token-42 } }
workspaces:
  default: { packs: [line_pack] }
  other: { packs: [] }
egress: { allow_private: [127.0.0.0/8] }
${more}`;

const lineFiles = (url: string, more = ''): Record<string, string> => ({
  'packs/line/manifest.yaml': REMOTE_MANIFEST,
  'capstan.yaml': settingsFor(url, more),
});

test('a declared tool of a pack reaches the remote service, with context and credentials', async () => {
  const service = await contractService();
  const { host, records } = await hostOn(lineFiles(service.url));
  const outcome = await host.invoke({ tool: 'line_send_message', arguments: { to: 'U1', pin: '1234' } });
  expect(outcome).toMatchObject({ status: 'succeeded', result: { value: { echo: { to: 'U1' } } } });
  const [request] = service.requests;
  expect(request?.path).toBe('/v1/tools/line.send_message');
  expect(request?.headers.authorization).toBe('Bearer s3cret-token-42');
  expect(request?.body).toEqual({
    to: 'U1',
    pin: '1234',
    context: { tenant_id: 'default', workspace_id: 'default', execution_id: outcome.executionId },
  });
  expect(records).toMatchObject([
    {
      tool: 'line_pack.line.send_message',
      status: 'succeeded',
      connection: 'system.line_pack.line',
      arguments: { to: 'U1', pin: '●●●●' },
    },
  ]);
});

test('tool id, exposed name and nothing else finds a tool; elsewhere it does not exist', async () => {
  const { host, records } = await hostOn(lineFiles('http://127.0.0.1:9'));
  expect(host.findTool('line_pack.line.send_message')?.exposedName).toBe('line_send_message');
  expect(host.findTool('line.send_message')).toBeUndefined();
  const unknown = await host.invoke({ tool: 'nope' });
  const hidden = await host.invoke({ tool: 'line_send_message', workspace: 'other' });
  const nowhere = await host.invoke({ tool: 'line_send_message', workspace: 'missing' });
  for (const outcome of [unknown, hidden, nowhere]) {
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_TOOL_NOT_FOUND' } });
  }
  expect(records.map(({ code }) => code)).toEqual(Array(3).fill('CAPSTAN_TOOL_NOT_FOUND'));
});

test('wrong arguments are all named, and reach nobody', async () => {
  const service = await contractService();
  const { host } = await hostOn(lineFiles(service.url));
  const outcome = await host.invoke({ tool: 'line_send_message', arguments: { text: 7, mesage: 'x' } });
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_INVALID_ARGUMENTS' } });
  const problems = outcome.status === 'failed' ? outcome.error.details.problems : [];
  expect(problems).toHaveLength(3);
  expect(service.requests).toEqual([]);
});

test('a principal without a role that calls is denied, and the record says so', async () => {
  const { host, records } = await hostOn(lineFiles('http://127.0.0.1:9'));
  const principal = { id: 'key:viewer', roles: ['viewer'], permissions: [] };
  const outcome = await host.invoke({ tool: 'line_send_message', arguments: { to: 'x' }, principal });
  expect(outcome).toMatchObject({ status: 'denied', error: { code: 'CAPSTAN_DENIED' } });
  expect(records).toMatchObject([{ status: 'denied', principal: 'key:viewer' }]);
});

test('a policy that throws denies', async () => {
  const policy = (): never => {
    throw new Error('broken');
  };
  const { host } = await hostOn(lineFiles('http://127.0.0.1:9'), { policy });
  expect(await host.invoke({ tool: 'line_send_message', arguments: { to: 'x' } })).toMatchObject({ status: 'denied' });
});

test('a supplied cache answers after authorize, and a supplied approval holds a call back', async () => {
  const { host } = await hostOn(lineFiles('http://127.0.0.1:9'), {
    policy: ({ principal }) => (principal.id === 'ok' ? { allow: true } : { allow: false, reason: 'no' }),
    stages: [
      {
        stage: 'cache',
        intercept: ({ executionId }) =>
          Promise.resolve({ status: 'succeeded', executionId, result: { value: 'cached' } }),
      },
      {
        stage: 'approve',
        intercept: (invocation, next) =>
          invocation.arguments.to === 'danger'
            ? Promise.resolve({ status: 'pending', executionId: invocation.executionId, approval: { id: 'apr_1' } })
            : next(invocation),
      },
    ],
  });
  const call = (id: string, to: string) =>
    host.invoke({ tool: 'line_send_message', arguments: { to }, principal: { id, roles: ['agent'], permissions: [] } });
  expect(await call('ok', 'x')).toMatchObject({ status: 'succeeded', result: { value: 'cached' } });
  expect(await call('bad', 'x')).toMatchObject({ status: 'denied' });
  expect(await call('ok', 'danger')).toMatchObject({ status: 'pending', approval: { id: 'apr_1' } });
});

test('a workspace limit and a tool limit both hold, and a refused call uses nothing up', async () => {
  const service = await contractService();
  let now = 1_000_000;
  const { host } = await hostOn(lineFiles(service.url, 'defaults: { rate_limit: { limit: 2, window_ms: 60000 } }'), {
    clock: { now: () => now },
  });
  const call = () => host.invoke({ tool: 'line_send_message', arguments: { to: 'x' } });
  expect([(await call()).status, (await call()).status]).toEqual(['succeeded', 'succeeded']);
  expect(await call()).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_RATE_LIMITED', details: { retry_after_ms: 60_000 } },
  });
  now += 60_000;
  expect((await call()).status).toBe('succeeded');
  expect(host.metrics()).toMatchObject({
    rate_limit_checks: 4,
    rate_limit_refusals: 1,
    audit_records: 4,
    invocations_started: 4,
  });
});

test('a pack without its config names every key and every place, and calls say the same', async () => {
  const { host } = await hostOn({
    'packs/line/manifest.yaml': REMOTE_MANIFEST,
    'capstan.yaml': 'version: 1\ndiscover: [./packs/*]\nworkspaces: { default: { packs: [line_pack] } }\n',
  });
  const [pack] = host.packs();
  expect(pack?.state).toMatchObject({ kind: 'needs_config', missing: [{ key: 'base_url' }, { key: 'api_token' }] });
  const outcome = await host.invoke({ tool: 'line_send_message', arguments: { to: 'x' } });
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_NEEDS_CONFIG' } });
  const missing = outcome.status === 'failed' ? JSON.stringify(outcome.error.details.missing) : '';
  expect(missing).toContain('packs.line_pack.config.base_url');
  expect(missing).toContain('LINE_URL');
});

test('a variable counts once the operator lets the pack read it', async () => {
  const service = await contractService();
  const environment = { LINE_URL: service.url, LINE_TOKEN: 'from-the-environment' };
  const settings = (allowed: string) =>
    `version: 1\ndiscover: [./packs/*]\npacks: { line_pack: { environment: [${allowed}] } }\nworkspaces: { default: { packs: [line_pack] } }\negress: { allow_private: [127.0.0.0/8] }\n`;
  const refused = await hostOn(
    { 'packs/line/manifest.yaml': REMOTE_MANIFEST, 'capstan.yaml': settings('LINE_URL') },
    { environment },
  );
  expect(refused.host.packs()[0]?.state).toMatchObject({ kind: 'needs_config', missing: [{ key: 'api_token' }] });
  const allowed = await hostOn(
    { 'packs/line/manifest.yaml': REMOTE_MANIFEST, 'capstan.yaml': settings('LINE_URL, LINE_TOKEN') },
    { environment },
  );
  expect((await allowed.host.invoke({ tool: 'line_send_message', arguments: { to: 'x' } })).status).toBe('succeeded');
  expect(service.requests[0]?.headers.authorization).toBe('Bearer from-the-environment');
});

test('a dead service opens the breaker, degrades the pack, and is found again without a restart', async () => {
  const service = await contractService();
  let now = 1_000_000;
  const more =
    'defaults: { retry: { max_retries: 0, base_ms: 1, max_ms: 1 }, breaker: { failure_threshold: 2, recovery_timeout_s: 30, success_threshold: 1 } }';
  const { host } = await hostOn(lineFiles(service.url, more), { clock: { now: () => now } });
  const call = () => host.invoke({ tool: 'line_send_message', arguments: { to: 'x' } });
  await service.stop();
  expect(await call()).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_REMOTE_UNREACHABLE', retriable: true },
  });
  await call();
  expect(await call()).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_CIRCUIT_OPEN' } });
  expect(host.packs()[0]?.state).toMatchObject({ kind: 'degraded', retryAt: 1_030_000 });
  expect(host.circuits()).toMatchObject([{ endpoint: service.url, state: 'open' }]);
  await service.restart();
  now += 30_000;
  expect((await call()).status).toBe('succeeded');
  expect(host.packs()[0]?.state).toEqual({ kind: 'ready' });
});

test('a tool of the application is called like any other, and its id belongs to one owner', async () => {
  const { host } = await hostOn(lineFiles('http://127.0.0.1:9'));
  const changes: number[] = [];
  host.on('catalog:changed', ({ revision }) => changes.push(revision));
  const dispose = host.register({
    id: 'app.greet',
    description: 'Greets',
    handler: ({ name }) => ({ hello: name ?? 'you' }),
  });
  expect(await host.invoke({ tool: 'app.greet', arguments: { name: 'Ada' } })).toMatchObject({
    result: { value: { hello: 'Ada' } },
  });
  const second = () => host.register({ id: 'line_pack.line.send_message', description: 'x', handler: () => null });
  expect(second).toThrow(/line_pack.line.send_message belongs to line_pack already; application/);
  dispose();
  dispose();
  expect(host.findTool('app.greet')).toBeUndefined();
  expect(changes).toHaveLength(4);
});

test('results of every kind come back as they are, and what JSON cannot carry is an error', async () => {
  const host = await createHost({ environment: {} });
  host.register({
    id: 'app.rich',
    description: 'x',
    handler: () => toolResult({ content: [{ type: 'image', data: 'aGk=' }], meta: { a: 1 } }),
  });
  host.register({ id: 'app.none', description: 'x', handler: () => undefined });
  host.register({ id: 'app.odd', description: 'x', handler: () => 10n as never });
  host.register({ id: 'app.typed', description: 'x', outputSchema: { type: 'string' }, handler: () => 7 });
  expect(await host.invoke({ tool: 'app.rich' })).toMatchObject({
    result: { content: [{ type: 'image' }], meta: { a: 1 }, value: null },
  });
  expect(await host.invoke({ tool: 'app.none' })).toMatchObject({ result: { value: null } });
  expect(await host.invoke({ tool: 'app.odd' })).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_INVALID_OUTPUT' },
  });
  expect(await host.invoke({ tool: 'app.typed' })).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_INVALID_OUTPUT' },
  });
  await host.close();
});

test('a failing tool hides its cause from the caller and tells the log', async () => {
  const logged: unknown[] = [];
  const logger = {
    debug() {},
    info() {},
    warn() {},
    error: (message: string, fields?: object) => void logged.push([message, fields]),
  };
  const host = await createHost({ environment: {}, logger });
  host.register({
    id: 'app.broken',
    description: 'x',
    handler() {
      throw new Error('inner detail');
    },
  });
  const outcome = await host.invoke({ tool: 'app.broken' });
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_TOOL_FAILED' } });
  if (outcome.status === 'failed') expect(outcome.error.message).not.toContain('inner detail');
  expect(logged).toMatchObject([['a tool failed', { cause: { message: 'inner detail' } }]]);
  await host.close();
});

test('cancelling, and the deadline, end a call that never would, exactly once', async () => {
  const host = await createHost({ environment: {} });
  const signals: AbortSignal[] = [];
  host.register({
    id: 'app.hang',
    description: 'x',
    deadlineMs: 30,
    handler: (_input, { signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    },
  });
  expect(await host.invoke({ tool: 'app.hang' })).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_DEADLINE_EXCEEDED' },
  });
  const controller = new AbortController();
  const pending = host.invoke({ tool: 'app.hang', signal: controller.signal });
  controller.abort();
  expect(await pending).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_CANCELLED' } });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  await host.close();
});

test('a closing host answers new calls, waits for those under way, and ends the rest', async () => {
  const host = await createHost({ environment: {} });
  let finish = (): void => {};
  const slow = new Promise<string>((resolve) => {
    finish = () => resolve('done');
  });
  host.register({ id: 'app.slow', description: 'x', handler: () => slow });
  host.register({ id: 'app.hang', description: 'x', handler: () => new Promise(() => {}) });
  const waiting = host.invoke({ tool: 'app.slow' });
  const hanging = host.invoke({ tool: 'app.hang' });
  const closing = host.close({ timeoutMs: 50 });
  expect(await host.invoke({ tool: 'app.slow' })).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_DRAINING' },
  });
  finish();
  expect(await waiting).toMatchObject({ result: { value: 'done' } });
  expect(await hanging).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_DRAINING' } });
  await closing;
});

test('many calls run at most so many at once, answer in order, and one failing does not stop the rest', async () => {
  const host = await createHost({ environment: {} });
  let running = 0;
  let most = 0;
  host.register({
    id: 'app.work',
    description: 'x',
    async handler({ n }) {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, Number(n) % 3));
      running -= 1;
      if (n === 4) throw new Error('four');
      return n ?? null;
    },
  });
  const calls = Array.from({ length: 12 }, (_, n) => ({ tool: 'app.work', arguments: { n } }));
  const outcomes = await host.invokeMany(calls, { maxWorkers: 3 });
  expect(outcomes.map((outcome) => (outcome.status === 'succeeded' ? outcome.result.value : 'failed'))).toEqual([
    0,
    1,
    2,
    3,
    'failed',
    5,
    6,
    7,
    8,
    9,
    10,
    11,
  ]);
  expect(most).toBe(3);
  await host.close();
});

test('enabling and disabling at run time is kept, and what the file owns is changed there', async () => {
  const files = { ...lineFiles('http://127.0.0.1:9') };
  const { host } = await hostOn(files);
  await expect(host.disablePack('line_pack')).rejects.toMatchObject({ code: 'CAPSTAN_CONFLICT' });
  expect(host.listTools({ workspace: 'other' }).items).toEqual([]);
  expect((await host.enablePack('line_pack', 'other')).enabled).toBe(true);
  expect(host.listTools({ workspace: 'other' }).items.map(({ exposedName }) => exposedName)).toEqual([
    'line_send_message',
  ]);
  await expect(host.enablePack('line_pack', 'other', { environment: ['PATH'] })).rejects.toMatchObject({
    code: 'CAPSTAN_INVALID_REQUEST',
  });
  expect((await host.disablePack('line_pack', 'other')).state).toEqual({ kind: 'discovered' });
  await expect(host.enablePack('nope', 'other')).rejects.toMatchObject({ code: 'CAPSTAN_PACK_NOT_FOUND' });
});

test('a wrong settings file starts nothing, and every finding is told', async () => {
  const folder = temporaryFolder({
    'capstan.yaml': 'version: 1\nworkspace: {}\negress: { allow_private: [nonsense] }\n',
  });
  const starting = createHost({ config: join(folder, 'capstan.yaml'), environment: {} });
  await expect(starting).rejects.toMatchObject({ code: 'CAPSTAN_CONFIG_INVALID' });
  await expect(starting).rejects.toThrow(/workspaces/);
  await expect(createHost({ config: join(folder, 'missing.yaml') })).rejects.toMatchObject({
    code: 'CAPSTAN_CONFIG_INVALID',
  });
});

test('the seed manifest loads as it is; its Python-shaped code waits for trust', async () => {
  const seed = join(import.meta.dirname, '../../../../shared/corpus/seed_manifest.yaml');
  let text: string;
  try {
    text = readFileSync(seed, 'utf8');
  } catch {
    // biome-ignore lint/suspicious/noConsole: a test that did not run says so
    return console.log('not run: no ../shared/corpus/seed_manifest.yaml');
  }
  const { host } = await hostOn({
    'packs/seed/manifest.yaml': text,
    'capstan.yaml': 'version: 1\ndiscover: [./packs/*]\nworkspaces: { default: { packs: [your_remote_tools] } }\n',
  });
  expect(host.packs()).toMatchObject([
    {
      code: 'your_remote_tools',
      diagnostics: [],
      state: { kind: 'rejected', error: { code: 'CAPSTAN_PACK_UNTRUSTED' } },
    },
  ]);
});

test('progress and questions work also when a handler takes them out of its context', async () => {
  const host = await createHost({ environment: {} });
  host.register({
    id: 'app.ask',
    description: 'x',
    async handler(_input, { progress, elicit }) {
      progress({ progress: 1, total: 2 });
      const { action } = await elicit({ message: 'Sure?', requestedSchema: { type: 'object' } });
      return action;
    },
  });
  const steps: unknown[] = [];
  const asked = await host.invoke({
    tool: 'app.ask',
    onProgress: (step) => steps.push(step),
    onElicit: () => Promise.resolve({ action: 'decline' }),
  });
  expect(asked).toMatchObject({ result: { value: 'decline' } });
  expect(steps).toEqual([{ progress: 1, total: 2 }]);
  expect(await host.invoke({ tool: 'app.ask' })).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_TOOL_FAILED' },
  });
  await host.close();
});
