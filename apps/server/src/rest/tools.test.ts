import { CapstanError, type JsonValue, toolResult } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { linePackFolder } from '../line-pack.test.support.ts';
import { ADMIN_KEY, OTHER_KEY, serverUnderTest, tool } from '../running-server.test.support.ts';

const BASE = '/v1/workspaces/default';
const echo = tool('app.echo', (input) => input as JsonValue, { description: 'Says what it hears.' });

test('lists tools page by page, with schemas when asked', async () => {
  const tools = ['a', 'b', 'c'].map((name) => tool(`app.${name}`, () => null));
  const server = await serverUnderTest({ tools });
  const first = await json(await server.send(`${BASE}/tools?limit=2`));
  expect(first.items).toMatchObject([{ name: 'a', id: 'app.a', state: { kind: 'ready' } }, { name: 'b' }]);
  expect(first.items[0]).not.toHaveProperty('input_schema');
  const rest = await json(await server.send(`${BASE}/tools?limit=2&schemas=true&cursor=${first.next_cursor}`));
  expect(rest).toMatchObject({ items: [{ name: 'c', input_schema: {} }] });
  expect(rest).not.toHaveProperty('next_cursor');
});

test('searches tools', async () => {
  const server = await serverUnderTest({ tools: [echo, tool('app.sum', () => 1, { description: 'Adds numbers.' })] });
  expect(await json(await server.send(`${BASE}/tools?search=numbers`))).toMatchObject({ items: [{ name: 'sum' }] });
});

test('shows a tool by exposed name and by id, with policy and schemas', async () => {
  const inputSchema = { type: 'object', properties: { a: { type: 'string', 'x-own': 1 } } };
  const server = await serverUnderTest({ tools: [tool('app.echo', () => null, { inputSchema, timeoutMs: 1234 })] });
  const byName = await json(await server.send(`${BASE}/tools/echo`));
  expect(byName).toMatchObject({
    id: 'app.echo',
    input_schema: inputSchema,
    policy: { timeout_ms: 1234, retry: { max_retries: expect.any(Number) } },
    connections: [],
  });
  expect(await json(await server.send(`${BASE}/tools/app.echo`))).toEqual(byName);
});

test('an unknown tool is 404, in our form', async () => {
  const server = await serverUnderTest();
  const response = await server.send(`${BASE}/tools/nope`);
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({
    error: {
      code: 'CAPSTAN_TOOL_NOT_FOUND',
      message: 'no tool "nope" here',
      hint: expect.any(String),
      retriable: false,
      details: {},
    },
  });
});

test('calls a tool, and the answer is the outcome', async () => {
  const server = await serverUnderTest({ tools: [echo] });
  for (const path of ['tools/echo/invoke', 'tools/app.echo/invoke']) {
    const response = await server.send(`${BASE}/${path}`, { body: { arguments: { a: [1, 'x'] } } });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      execution_id: expect.stringMatching(/^exe_/),
      status: 'succeeded',
      result: { a: [1, 'x'] },
    });
  }
  const named = await server.send(`${BASE}/invoke`, { body: { name: 'echo', arguments: { a: 1 } } });
  expect(await named.json()).toMatchObject({ status: 'succeeded', result: { a: 1 } });
});

test('a call without a body has no arguments', async () => {
  const server = await serverUnderTest({ tools: [echo] });
  const response = await server.send(`${BASE}/tools/echo/invoke`, { method: 'POST' });
  expect(await response.json()).toMatchObject({ status: 'succeeded', result: {} });
});

test("a tool's own content and meta come along", async () => {
  const content = [{ type: 'image', data: 'aGk=', mimeType: 'image/png' }];
  const own = tool('app.own', () => toolResult({ content, structured: { n: 1 }, meta: { 'x/y': 2 } }));
  const server = await serverUnderTest({ tools: [own] });
  const response = await server.send(`${BASE}/tools/own/invoke`, { method: 'POST' });
  expect(await response.json()).toMatchObject({ result: { n: 1 }, content, meta: { 'x/y': 2 } });
});

test('wrong arguments are 400, with every problem and its pointer', async () => {
  const inputSchema = {
    type: 'object',
    required: ['to'],
    properties: { to: { type: 'string' }, n: { type: 'integer' } },
    additionalProperties: false,
  };
  const server = await serverUnderTest({ tools: [tool('app.strict', () => null, { inputSchema })] });
  const response = await server.send(`${BASE}/tools/strict/invoke`, { body: { arguments: { n: 'x', too: 1 } } });
  expect(response.status).toBe(400);
  const { error } = await json(response);
  expect(error).toMatchObject({ code: 'CAPSTAN_INVALID_ARGUMENTS', execution_id: expect.stringMatching(/^exe_/) });
  expect(error.details.problems).toHaveLength(3);
  expect(error.details.problems).toContainEqual(expect.objectContaining({ pointer: '/n', keyword: 'type' }));
});

test('a wrong body is 400, and says what is wrong where', async () => {
  const server = await serverUnderTest({ tools: [echo] });
  const wrong: [string, JsonValue, RegExp][] = [
    ['tools/echo/invoke', { argument: {} }, /argument/],
    ['tools/echo/invoke', { arguments: [] }, /arguments/],
    ['tools/echo/invoke', [], /object/],
    ['invoke', {}, /name/],
    ['invoke', { calls: [] }, /calls/],
    ['invoke', { calls: [{ name: 'echo' }], max_workers: 0 }, /max_workers/],
    ['invoke', { calls: [{ nam: 'echo' }] }, /name/],
  ];
  for (const [path, body, words] of wrong) {
    const response = await server.send(`${BASE}/${path}`, { body });
    expect(response.status).toBe(400);
    const { error } = await json(response);
    expect(error.code).toBe('CAPSTAN_INVALID_REQUEST');
    expect(JSON.stringify(error)).toMatch(words);
  }
  expect((await server.send(`${BASE}/tools?limit=many`)).status).toBe(400);
  expect((await server.send(`${BASE}/tools?limt=5`)).status).toBe(400);
  expect((await server.send(`${BASE}/tools?cursor=nonsense`)).status).toBe(400);
});

test('the status of a failure follows from its code, and the wait from its details', async () => {
  const failing = (id: string, error: CapstanError) =>
    tool(id, () => {
      throw error;
    });
  const server = await serverUnderTest({
    tools: [
      failing('app.down', new CapstanError('CAPSTAN_REMOTE_UNREACHABLE', 'nobody answers')),
      failing(
        'app.busy',
        new CapstanError('CAPSTAN_CIRCUIT_OPEN', 'left alone', { details: { retry_after_ms: 1500 } }),
      ),
      failing('app.refused', new CapstanError('CAPSTAN_REMOTE_REFUSED', 'no', { details: { remote_code: 'E7' } })),
      tool('app.broken', () => {
        throw new Error('internal detail');
      }),
    ],
  });
  const answer = async (name: string) => server.send(`${BASE}/tools/${name}/invoke`, { method: 'POST' });
  expect((await answer('down')).status).toBe(502);
  const busy = await answer('busy');
  expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '2']);
  const refused = await answer('refused');
  expect(refused.status).toBe(422);
  expect(await refused.json()).toMatchObject({ status: 'failed', error: { details: { remote_code: 'E7' } } });
  const broken = await answer('broken');
  expect(broken.status).toBe(502);
  expect(await broken.text()).not.toContain('internal detail');
});

test('a rate limit is 429, with the wait and what is left', async () => {
  const { config } = linePackFolder({
    workspaces: { default: { limits: { rate_limit: { limit: 1, window_ms: 60_000 } } } },
  });
  const server = await serverUnderTest({ hostOptions: { config, clock: { now: () => 1_000 } } });
  server.host.register(echo);
  const first = await server.send(`${BASE}/tools/echo/invoke`, { method: 'POST' });
  expect([first.status, first.headers.get('ratelimit'), first.headers.get('retry-after')]).toEqual([
    200,
    '"workspace";r=0;t=60',
    null,
  ]);
  const response = await server.send(`${BASE}/tools/echo/invoke`, { method: 'POST' });
  expect(response.status).toBe(429);
  expect(response.headers.get('retry-after')).toBe('60');
  expect(response.headers.get('ratelimit')).toBe('"workspace";r=0;t=60');
  expect(response.headers.get('ratelimit-policy')).toBe('"workspace";q=1;w=60');
});

test('several calls keep their order and their own status', async () => {
  const server = await serverUnderTest({
    tools: [
      tool('app.slow', async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return 'slow';
      }),
      tool('app.fast', () => 'fast'),
    ],
  });
  const calls = [{ name: 'slow' }, { name: 'nope' }, { name: 'fast' }];
  const response = await server.send(`${BASE}/invoke`, { body: { calls, max_workers: 2 } });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    items: [
      { status: 'succeeded', result: 'slow' },
      { status: 'failed', error: { code: 'CAPSTAN_TOOL_NOT_FOUND' } },
      { status: 'succeeded', result: 'fast' },
    ],
  });
});

test('never more calls at once than asked for', async () => {
  let running = 0;
  let most = 0;
  const busy = tool('app.busy', async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return null;
  });
  const server = await serverUnderTest({ tools: [busy] });
  const calls = Array.from({ length: 12 }, () => ({ name: 'busy' }));
  await server.send(`${BASE}/invoke`, { body: { calls, max_workers: 3 } });
  expect(most).toBe(3);
});

test('the key of the caller and its headers reach the tool, and nothing in the body can replace them', async () => {
  const seen: unknown[] = [];
  const look = tool('app.look', (_input, { principal, workspaceId, tenantId, idempotencyKey, executionId }) => {
    seen.push({ principal: principal.id, workspaceId, tenantId, idempotencyKey });
    return executionId;
  });
  const server = await serverUnderTest({ tools: [look] });
  const context = { workspace_id: 'other', tenant_id: 'other', execution_id: 'exe_forged' };
  const headers = { 'idempotency-key': 'order-7' };
  const response = await server.send(`${BASE}/tools/look/invoke`, { body: { context }, headers });
  expect((await json(response)).result).toMatch(/^exe_[\da-f-]{36}$/);
  expect(seen).toEqual([
    {
      principal: 'key:agent',
      workspaceId: 'default',
      tenantId: 'default',
      idempotencyKey: expect.stringMatching(/^[\w-]{43}$/),
    },
  ]);
  await server.send(`${BASE}/invoke`, { body: { calls: [{ name: 'look' }, { name: 'look' }] }, headers });
  const keys = seen.map((call) => (call as { idempotencyKey: string }).idempotencyKey);
  expect(new Set(keys).size).toBe(3);
  expect(
    (await server.send(`${BASE}/invoke`, { body: { name: 'look' }, headers: { 'idempotency-key': 'a b' } })).status,
  ).toBe(400);
});

test('a workspace sees its own tools alone', async () => {
  const server = await serverUnderTest({ tools: [echo] });
  const other = await server.send('/v1/workspaces/other/tools/echo/invoke', { key: OTHER_KEY, method: 'POST' });
  expect(other.status).toBe(404);
  const admin = await server.send('/v1/workspaces/default/tools/echo/invoke', { key: ADMIN_KEY, method: 'POST' });
  expect(admin.status).toBe(200);
});

interface Body {
  readonly items: readonly unknown[];
  readonly next_cursor?: string;
  readonly result?: unknown;
  readonly error: { readonly code: string; readonly details: { readonly problems: readonly unknown[] } };
}

async function json(response: Response): Promise<Body> {
  return (await response.json()) as Body;
}
