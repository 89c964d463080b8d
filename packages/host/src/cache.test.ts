import type { InvocationOutcome, JsonObject } from '@capstan/sdk';
import { expect, test } from 'vitest';
import type { RegisteredToolOptions } from './host.ts';
import { contractService } from './test-kit/contract-service.ts';
import { REMOTE_MANIFEST } from './test-kit/pack-folder.ts';
import { hostOn } from './test-kit/test-host.ts';

const ALICE = { id: 'key:alice', roles: ['agent'], permissions: [] };
const BOB = { id: 'key:bob', roles: ['agent'], permissions: [] };

async function pricedHost(tool: Partial<RegisteredToolOptions> = {}, yaml = '') {
  let now = 1_700_000_000_000;
  let made = 0;
  const { host, records } = await hostOn({ 'capstan.yaml': `version: 1\n${yaml}` }, { clock: { now: () => now } });
  host.register({
    id: 'app.price',
    description: 'The price of a stock',
    annotations: { readOnly: true },
    cache: { ttlMs: 1_000, staleMs: 500, tags: ['stocks'] },
    handler: () => {
      made += 1;
      return { made };
    },
    ...tool,
  });
  const call = (given: JsonObject = { symbol: 'AAPL' }, principal = ALICE, more: object = {}) =>
    host.invoke({ tool: 'price', arguments: given, principal, ...more });
  const pass = (ms: number): void => {
    now += ms;
  };
  const said = async (...given: Parameters<typeof call>): Promise<unknown> => answerOf(await call(...given));
  return { host, records, call, said, made: () => made, pass };
}

function answerOf(outcome: InvocationOutcome): unknown {
  return outcome.status === 'succeeded'
    ? outcome.result.value
    : 'error' in outcome
      ? outcome.error.code
      : outcome.status;
}

test('the same question is answered with what is kept, and the outcome and the record say so', async () => {
  const { call, records, host, pass } = await pricedHost();
  const first = await call();
  pass(400);
  const second = await call({ symbol: 'AAPL' });
  expect(second).toMatchObject({
    result: { value: { made: 1 }, meta: { 'capstan/cache': { status: 'hit', age_ms: 400 } } },
  });
  expect(second.executionId).not.toBe(first.executionId);
  expect(first).not.toHaveProperty('result.meta');
  expect(records.map(({ cache }) => cache)).toEqual(['miss', 'hit']);
  expect(host.cacheView()).toMatchObject({
    entries: 1,
    tools: { 'app.price': { hits: 1, misses: 1, evictions: 0, errors: 0 } },
    workspaceEntries: [{ tool: 'app.price', tags: ['stocks'], hits: 1 }],
  });
  expect(host.metrics()).toMatchObject({ cache_hits: 1, cache_misses: 1, cache_entries: 1 });
});

test('who gets a result can change it without harm to the next one', async () => {
  const { call } = await pricedHost();
  await call();
  const outcome = await call();
  if (outcome.status === 'succeeded') Object.assign(outcome.result.value as object, { made: 'up' });
  expect(answerOf(await call())).toEqual({ made: 1 });
});

test('other arguments, another principal of a tool that sees it, and a tool that was changed are other questions', async () => {
  const { host, said } = await pricedHost();
  expect(await said({ symbol: 'AAPL', day: 1 })).toEqual({ made: 1 });
  expect(await said({ day: 1, symbol: 'AAPL' })).toEqual({ made: 1 });
  expect(await said({ symbol: 'MSFT' })).toEqual({ made: 2 });
  expect(await said({ symbol: 'AAPL', day: 1 }, BOB)).toEqual({ made: 3 });
  const other = host.register({
    id: 'app.other',
    description: 'x',
    annotations: { idempotent: true },
    cache: { ttlMs: 9_999 },
    handler: () => 1,
  });
  expect(answerOf(await host.invoke({ tool: 'other' }))).toBe(1);
  other();
  host.register({
    id: 'app.other',
    description: 'x',
    annotations: { idempotent: true },
    cache: { ttlMs: 9_999 },
    handler: () => 2,
  });
  expect(answerOf(await host.invoke({ tool: 'other' }))).toBe(2);
});

test('errors and arguments that do not fit are never kept', async () => {
  let fails = true;
  const { said, host } = await pricedHost({
    inputSchema: { type: 'object', required: ['symbol'] },
    handler: () => {
      if (fails) throw new Error('no');
      return 'fine';
    },
  });
  expect(await said()).toBe('CAPSTAN_TOOL_FAILED');
  expect(await said({})).toBe('CAPSTAN_INVALID_ARGUMENTS');
  fails = false;
  expect(await said()).toBe('fine');
  expect(host.cacheView().tools).toMatchObject({ 'app.price': { errors: 1, misses: 2, hits: 0 } });
});

test('a tool that may change something keeps nothing, and is refused', async () => {
  await expect(pricedHost({ annotations: { destructive: false } })).rejects.toMatchObject({
    code: 'CAPSTAN_INVALID_REQUEST',
    message: 'app.price is neither readOnly nor idempotent, so no result may be kept',
  });
});

test('of identical calls at once one is made, and the others get its answer', async () => {
  const gate = Promise.withResolvers<string>();
  let made = 0;
  const { call, records } = await pricedHost({
    handler: () => {
      made += 1;
      return gate.promise;
    },
  });
  const calls = Array.from({ length: 20 }, () => call());
  gate.resolve('the price');
  const outcomes = await Promise.all(calls);
  expect(outcomes.map(answerOf)).toEqual(Array(20).fill('the price'));
  expect(made).toBe(1);
  expect(new Set(outcomes.map(({ executionId }) => executionId)).size).toBe(20);
  expect(records.filter(({ cache }) => cache === 'shared')).toHaveLength(19);
});

test('a failure is told to all who waited for it, and a caller that goes takes only itself along', async () => {
  const gates = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  let made = 0;
  const { call } = await pricedHost({
    handler: () => {
      made += 1;
      return gates[made - 1]?.promise ?? Promise.reject(new Error('once more'));
    },
  });
  const leader = new AbortController();
  const follower = new AbortController();
  const first = call(undefined, ALICE, { signal: leader.signal });
  const second = call(undefined, ALICE, { signal: follower.signal });
  const third = call();
  const late = call(undefined, ALICE, { deadline: 1_700_000_000_000 + 20 });
  follower.abort();
  expect(answerOf(await second)).toBe('CAPSTAN_CANCELLED');
  expect(answerOf(await late)).toBe('CAPSTAN_DEADLINE_EXCEEDED');
  expect(made).toBe(1);
  leader.abort();
  expect(answerOf(await first)).toBe('CAPSTAN_CANCELLED');
  await expect.poll(() => made).toBe(2);
  const fourth = call();
  gates[1]?.reject(new Error('no'));
  expect([answerOf(await third), answerOf(await fourth)]).toEqual(['CAPSTAN_TOOL_FAILED', 'CAPSTAN_TOOL_FAILED']);
  expect(made).toBe(2);
});

test('an old result stands in while one call fetches a new one, then it is gone', async () => {
  const { said, made, pass, records, host } = await pricedHost();
  await said();
  pass(1_200);
  expect(await Promise.all([said(), said()])).toEqual([{ made: 1 }, { made: 1 }]);
  await expect.poll(made).toBe(2);
  await expect.poll(() => said()).toEqual({ made: 2 });
  expect(records.filter(({ cache }) => cache === 'stale').length).toBeGreaterThanOrEqual(2);
  expect(records.filter(({ surface, cache }) => surface === 'tool' && cache === 'miss')).toHaveLength(1);
  pass(2_000);
  expect(await said()).toEqual({ made: 3 });
  expect(host.cacheView().tools['app.price']?.stale).toBeGreaterThanOrEqual(2);
});

test('results are forgotten by tool, exact arguments, tag and workspace', async () => {
  const { host, said } = await pricedHost();
  const [apple, other] = [{ symbol: 'AAPL' }, { symbol: 'MSFT' }];
  for (const [what, again] of [
    [{ tool: 'price' }, [3, 4]],
    [{ tool: 'app.price', arguments: apple }, [5, 4]],
    [{ tag: 'bonds' }, [5, 4]],
    [{ tag: 'stocks' }, [6, 7]],
    [{}, [8, 9]],
    [{ connection: 'con_1' }, [8, 9]],
  ] as const) {
    await said(apple);
    await said(other);
    await host.clearCache(what);
    expect([await said(apple), await said(other)]).toEqual(again.map((made) => ({ made })));
  }
  await expect(host.clearCache({ workspace: 'nowhere' })).rejects.toMatchObject({
    code: 'CAPSTAN_WORKSPACE_NOT_FOUND',
  });
});

test('results of a remote tool are shared by principals, and those of two connections are not', async () => {
  const service = await contractService();
  service.answer(() => ({ status: 200, body: { success: true, result: { n: service.requests.length } } }));
  const manifest = REMOTE_MANIFEST.replace(
    'danger_level: medium',
    'annotations: { read_only: true }\n    cache: { ttl_s: 60 }',
  );
  expect(manifest).toContain('cache:');
  const { host } = await hostOn({
    'packs/line/manifest.yaml': manifest,
    'capstan.yaml': `version: 1
discover: [./packs/*]
packs: { line_pack: { config: { base_url: "${service.url}", api_token: some-token-1 } } }
workspaces:
  default:
    packs: [line_pack]
    connections:
      - { id: one, pack: line_pack, tool_type: line, config: {} }
      - { id: two, pack: line_pack, tool_type: line, config: {} }
egress: { allow_private: [127.0.0.0/8] }
`,
  });
  const call = async (connection: string, principal = ALICE): Promise<unknown> =>
    answerOf(await host.invoke({ tool: 'line_send_message', arguments: { to: 'x' }, connection, principal }));
  expect([await call('one'), await call('one', BOB), await call('two'), await call('two')]).toEqual([
    { n: 1 },
    { n: 1 },
    { n: 2 },
    { n: 2 },
  ]);
  await host.clearCache({ connection: 'one' });
  expect([await call('one'), await call('two')]).toEqual([{ n: 3 }, { n: 2 }]);
});

test('the policy is asked for a result that is kept, too', async () => {
  const allowed = new Set([ALICE.id, BOB.id]);
  const { host } = await hostOn(
    { 'capstan.yaml': 'version: 1' },
    { policy: ({ principal }) => (allowed.has(principal.id) ? { allow: true } : { allow: false, reason: 'gone' }) },
  );
  host.register({
    id: 'app.look',
    description: 'x',
    annotations: { readOnly: true },
    cache: { ttlMs: 9_999 },
    handler: () => 'seen',
  });
  expect(answerOf(await host.invoke({ tool: 'look', principal: ALICE }))).toBe('seen');
  allowed.delete(ALICE.id);
  expect(answerOf(await host.invoke({ tool: 'look', principal: ALICE }))).toBe('CAPSTAN_DENIED');
});
