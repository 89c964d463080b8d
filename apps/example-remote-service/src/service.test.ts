import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ExampleService, type ExampleServiceOptions, startExampleService } from './start.ts';

const NOW = new Date('2025-12-03T20:00:00Z');
const TEXT = { channel_id: 'C1', to: 'U1', messages: [{ type: 'text', text: 'hi' }] };

const running: ExampleService[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.kill()));
});

async function start(options: ExampleServiceOptions = {}): Promise<ExampleService> {
  const service = await startExampleService({ token: 'right', now: () => NOW, ...options });
  running.push(service);
  return service;
}

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers of any shape
  readonly json: any;
}

async function request(
  service: ExampleService,
  path: string,
  { headers = {}, ...init }: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
): Promise<Reply> {
  const response = await fetch(service.url + path, {
    ...init,
    headers: { authorization: `Bearer ${service.token}`, ...headers },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
}

function post(service: ExampleService, tool: string, body: unknown, headers: Record<string, string> = {}) {
  return request(service, `/v1/tools/${tool}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
}

function expectEnvelope(reply: Reply, status: number, code: string): void {
  expect(reply.status).toBe(status);
  expect(reply.headers.get('content-type')).toContain('application/json');
  expect(reply.json).toMatchObject({ success: false, timestamp: NOW.toISOString() });
  expect(reply.json.error).toMatchObject({ code, message: expect.any(String), details: expect.any(Object) });
}

describe('the tools', () => {
  it('send messages, which the list shows newest first, page by page', async () => {
    const service = await start();
    const sent = await post(service, 'line.send_message', {
      ...TEXT,
      messages: ['one', 'two', 'three'].map((text) => ({ type: 'text', text })),
    });
    expect(sent.json).toEqual({
      success: true,
      result: { message_ids: ['msg_1', 'msg_2', 'msg_3'], channel_id: 'C1', to: 'U1', sent_at: NOW.toISOString() },
      timestamp: NOW.toISOString(),
    });
    await post(service, 'line.send_message', { ...TEXT, channel_id: 'C2' });
    await post(service, 'line.send_message', { ...TEXT, to: 'U2' });

    const first = await post(service, 'line.list_messages', { channel_id: 'C1', to: 'U1', limit: 2 });
    expect(first.json.result.items.map((item: { message: { text: string } }) => item.message.text)).toEqual([
      'three',
      'two',
    ]);
    const cursor = first.json.result.next_cursor;
    const second = await post(service, 'line.list_messages', { channel_id: 'C1', to: 'U1', limit: 2, cursor });
    expect(second.json.result).toMatchObject({ items: [{ id: 'msg_1' }], next_cursor: null });
    const gone = await post(service, 'line.list_messages', { channel_id: 'C1', cursor: 'msg_99' });
    expect(gone.json.result).toEqual({ items: [], next_cursor: null });
  });

  it('publish posts and list them without their content', async () => {
    const service = await start();
    const post1 = await post(service, 'wp.publish_post', { title: 'Crème & Café', content: 'x', tags: ['menu'] });
    expect(post1.json.result).toMatchObject({ id: 'post_1', slug: 'cre-me-cafe-post-1', status: 'publish' });
    await post(service, 'wp.publish_post', { title: 'Crème & Café', content: 'x', status: 'draft' });

    const drafts = await post(service, 'wp.list_posts', { status: 'draft' });
    expect(drafts.json.result.items).toHaveLength(1);
    expect(drafts.json.result.items[0]).not.toHaveProperty('content');
    expect((await post(service, 'wp.list_posts', {})).json.result.items).toHaveLength(2);
  });

  it('tolerate any context, even none, and only refuse one that is no object', async () => {
    const service = await start();
    for (const context of [{ tenant_id: 't', locale: 'de', nested: { a: 1 } }, {}, null]) {
      expect((await post(service, 'line.send_message', { ...TEXT, context })).status).toBe(200);
    }
    const refused = await post(service, 'line.send_message', { ...TEXT, context: 'exe_1' });
    expectEnvelope(refused, 422, 'INVALID_PARAMS');
    expect(refused.json.error.details.problems).toMatchObject([{ pointer: '/context', keyword: 'type' }]);
  });
});

describe('a wrong request', () => {
  it('gets every problem of its params with its pointer', async () => {
    const service = await start();
    const reply = await post(service, 'line.send_message', {
      channel_id: 'C1',
      messages: [{ type: 'text' }],
      extra: 1,
    });
    expectEnvelope(reply, 422, 'INVALID_PARAMS');
    expect(reply.json.error.message).toBe('3 of the params do not fit');
    expect(reply.json.error.details.problems).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ pointer: '', keyword: 'required', message: expect.stringContaining("'to'") }),
        expect.objectContaining({ pointer: '/extra', keyword: 'additionalProperties' }),
        expect.objectContaining({ pointer: '/messages/0', keyword: 'required' }),
      ]),
    );
    expect(service.state().effects).toEqual({});
  });

  it.each(['[]', '"text"', '7', 'null'])('with the body %s is told that it must be an object', async (body) => {
    expectEnvelope(await post(await start(), 'line.send_message', body), 400, 'INVALID_BODY');
  });

  it.each(['{', '', '{"__proto__":{}}'])('with the body %j is malformed', async (body) => {
    expectEnvelope(await post(await start(), 'line.send_message', body), 400, 'MALFORMED_JSON');
  });

  it('gets an envelope for an unknown tool, path, method, type and size', async () => {
    const service = await start({ maxBodyBytes: 200 });
    const unknown = await post(service, 'line.send_fax', {});
    expectEnvelope(unknown, 404, 'UNKNOWN_TOOL');
    expect(unknown.json.error.details.known).toContain('line.send_message');
    expectEnvelope(await post(service, 'line.send_fax:batch', {}), 404, 'UNKNOWN_TOOL');
    expectEnvelope(await request(service, '/v2/tools'), 404, 'NOT_FOUND');
    expectEnvelope(await request(service, '/v1/tools/line.send_message'), 404, 'NOT_FOUND');
    const xml = await post(service, 'line.send_message', '<a/>', { 'content-type': 'application/xml' });
    expectEnvelope(xml, 415, 'UNSUPPORTED_MEDIA_TYPE');
    const plain = await post(service, 'line.send_message', '{}', { 'content-type': 'text/plain' });
    expectEnvelope(plain, 415, 'UNSUPPORTED_MEDIA_TYPE');
    expectEnvelope(await post(service, 'wp.publish_post', { content: 'x'.repeat(300) }), 413, 'BODY_TOO_LARGE');
    expectEnvelope(await request(service, '/v1/tools/%zz', { method: 'POST' }), 400, 'BAD_REQUEST');
  });

  it('gets an envelope even when it is no HTTP at all', async () => {
    const { port } = await start();
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('nonsense\r\n\r\n'));
      let received = '';
      socket.on('data', (chunk) => {
        received += chunk.toString();
      });
      socket.on('close', () => resolve(received)).on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({ error: { code: 'MALFORMED_REQUEST' } });
  });
});

describe('the token', () => {
  it.each(['Bearer wrong', 'Bearer right2', 'Bearer', 'Basic right', 'right', ''])(
    'is not "%s", whatever the path',
    async (authorization) => {
      const service = await start();
      for (const path of ['/v1/tools', '/v1/state', '/nowhere']) {
        const reply = await request(service, path, { headers: { authorization } });
        expectEnvelope(reply, 401, 'UNAUTHORIZED');
        expect(reply.headers.get('www-authenticate')).toBe('Bearer');
      }
      const call = await post(service, 'line.send_message', 'x'.repeat(5_000_000), { authorization });
      expectEnvelope(call, 401, 'UNAUTHORIZED');
      expect(service.state().requests).toEqual({});
    },
  );

  it('is made when nobody gives one, and is not needed for the health', async () => {
    const service = await startExampleService();
    running.push(service);
    expect(service.token).toMatch(/^[\w-]{32}$/);
    expect(await (await fetch(`${service.url}/v1/health`)).json()).toEqual({ status: 'ok' });
    expect((await request(service, '/v1/tools')).status).toBe(200);
    await expect(startExampleService({ token: '' })).rejects.toThrow('empty');
  });
});

describe('discovery', () => {
  it('lists the tools with schemas that they hold to', async () => {
    const { json } = await request(await start(), '/v1/tools');
    expect(json).toMatchObject({ contract: 1, idempotency: true });
    expect(json.tools.map((tool: { name: string }) => tool.name)).toEqual([
      'line.send_message',
      'line.list_messages',
      'line.broadcast',
      'wp.publish_post',
      'wp.list_posts',
    ]);
    for (const tool of json.tools) {
      expect(tool).toMatchObject({ description: expect.any(String), input_schema: { type: 'object' } });
    }
  });
});

describe('an idempotency key', () => {
  it('gives the same answer again, to the byte, and does the work once', async () => {
    let seconds = 0;
    const now = () => new Date(NOW.getTime() + 1000 * seconds++);
    const service = await start({ now });
    const key = { 'idempotency-key': 'exe_1' };
    const first = await post(service, 'line.send_message', { ...TEXT, context: { execution_id: 'a' } }, key);
    const { messages, to, channel_id } = TEXT;
    const reordered = { messages, context: { execution_id: 'b' }, to, channel_id };
    const again = await post(service, 'line.send_message', reordered, key);

    expect(again.text).toBe(first.text);
    expect([first, again].map((reply) => reply.headers.get('idempotency-replayed'))).toEqual([null, 'true']);
    expect(service.state()).toMatchObject({
      requests: { 'line.send_message': 2 },
      effects: { 'line.send_message': 1 },
      replays: 1,
      messages: 1,
    });
  });

  it('is refused with another body, and free again for another tool', async () => {
    const service = await start();
    const key = { 'idempotency-key': 'k' };
    await post(service, 'line.send_message', TEXT, key);
    expectEnvelope(await post(service, 'line.send_message', { ...TEXT, to: 'U2' }, key), 409, 'IDEMPOTENCY_KEY_REUSED');
    expect((await post(service, 'wp.publish_post', { title: 't', content: 'c' }, key)).status).toBe(200);
  });

  it('is not spent by a request that was refused', async () => {
    const service = await start();
    const key = { 'idempotency-key': 'k' };
    expect((await post(service, 'line.send_message', {}, key)).status).toBe(422);
    expect((await post(service, 'line.send_message', TEXT, key)).status).toBe(200);
  });

  it('does the work once for many calls at a time', async () => {
    const service = await start({ faults: 'latency=1-20' });
    const calls = Array.from({ length: 20 }, () =>
      post(service, 'line.send_message', TEXT, { 'idempotency-key': 'same' }),
    );
    expect(new Set((await Promise.all(calls)).map((reply) => reply.text)).size).toBe(1);
    expect(service.state()).toMatchObject({ effects: { 'line.send_message': 1 }, replays: 19 });
  });

  it('must be visible ASCII of a bounded length', async () => {
    const service = await start();
    for (const key of ['', 'a b', 'x'.repeat(256)]) {
      const reply = await post(service, 'line.send_message', TEXT, { 'idempotency-key': key });
      expectEnvelope(reply, 400, 'INVALID_IDEMPOTENCY_KEY');
    }
  });
});

describe('the state', () => {
  it('counts what arrived and what was done', async () => {
    const service = await start();
    await post(service, 'line.send_message', TEXT);
    await post(service, 'line.send_message', {});
    await post(service, 'nothing.here', {});
    expect((await request(service, '/v1/state')).json).toEqual({
      requests: { 'line.send_message': 2, unknown: 1 },
      effects: { 'line.send_message': 1 },
      replays: 0,
      faults: {},
      messages: 1,
      posts: 0,
    });
  });
});
