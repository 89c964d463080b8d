import type { JsonObject } from '@capstan/sdk';
import { describe, expect, onTestFinished, test } from 'vitest';
import { callerInfo } from '../caller-info.ts';
import { FakeGateway, type FakeTool, fakeCaller, untilCancelled } from '../fake-gateway.test.support.ts';
import type { McpCaller } from '../gateway.ts';
import { createMcpHttp, type McpHttp } from '../mcp-http.ts';
import { TASKS_EXTENSION } from '../upstream/task-extension.ts';
import type { LongRunningCall, LongRunningState } from './long-running.ts';
import { SealedTaskIds } from './sealed-task-id.ts';

const CAPABILITIES = { elicitation: { form: {} }, extensions: { [TASKS_EXTENSION]: {} } };

describe('a call that takes long, of a client that follows tasks', () => {
  test('becomes a task that tells its progress and completes with the result', async () => {
    const goOn = Promise.withResolvers<void>();
    const http = open({
      slow: {
        run: async ({ onProgress }) => {
          onProgress?.({ progress: 1, message: 'half' });
          await goOn.promise;
          return { value: { done: true } };
        },
      },
    });
    const created = await call(http, 'slow');
    expect(created).toMatchObject({ resultType: 'task', status: 'working', statusMessage: 'half' });
    expect(await get(http, created)).toMatchObject({ status: 'working', resultType: 'complete' });
    goOn.resolve();
    await expect.poll(async () => (await get(http, created)).status).toBe('completed');
    expect(await get(http, created)).toMatchObject({ result: { structuredContent: { done: true } } });
  });

  test('asks through its task, and goes on with the answers', async () => {
    const goOn = Promise.withResolvers<void>();
    const run: FakeTool['run'] = async ({ onElicit }) => {
      await goOn.promise;
      return { value: (await onElicit?.({ message: 'Size?', requestedSchema: {} })) as never };
    };
    const http = open({ ask: { run } });
    const created = await call(http, 'ask');
    goOn.resolve();
    await expect.poll(async () => (await get(http, created)).status).toBe('input_required');
    const { inputRequests } = await get(http, created);
    const [key = ''] = Object.keys(inputRequests as JsonObject);
    const inputResponses = { [key]: { action: 'accept', content: { size: 4 } } };
    expect(await send(http, 'tasks/update', { taskId: created.taskId ?? null, inputResponses })).toMatchObject({
      resultType: 'complete',
    });
    await expect.poll(async () => (await get(http, created)).status).toBe('completed');
    const { result } = await get(http, created);
    expect(result).toMatchObject({ structuredContent: { action: 'accept', content: { size: 4 } } });
  });

  test('is cancelled by its task', async () => {
    let isAborted = false;
    const run: FakeTool['run'] = (given) => {
      given.signal.addEventListener('abort', () => {
        isAborted = true;
      });
      return untilCancelled(given);
    };
    const http = open({ slow: { run } });
    const created = await call(http, 'slow');
    await send(http, 'tasks/cancel', { taskId: created.taskId ?? null });
    expect(await get(http, created)).toMatchObject({ status: 'cancelled' });
    expect(isAborted).toBe(true);
  });

  test('is a failed task where it ends in a protocol error, and nobody is told a defect', async () => {
    const goOn = Promise.withResolvers<void>();
    const run: FakeTool['run'] = async () => {
      await goOn.promise;
      throw new TypeError('internal detail');
    };
    const http = open({ broken: { run } });
    const created = await call(http, 'broken');
    goOn.resolve();
    await expect.poll(async () => (await get(http, created)).status).toBe('failed');
    expect((await get(http, created)).error).toEqual({ code: -32_603, message: 'Internal error' });
  });

  test('does not exist for another caller', async () => {
    const http = open({ slow: { run: untilCancelled } });
    const { taskId = null } = await call(http, 'slow');
    await expect(send(http, 'tasks/get', { taskId }, { caller: fakeCaller('key:other') })).rejects.toThrow('-32602');
    await expect(send(http, 'tasks/cancel', { taskId }, { caller: fakeCaller('key:other') })).rejects.toThrow('-32602');
    expect(await send(http, 'tasks/get', { taskId })).toMatchObject({ status: 'working' });
  });
});

test('a quick call, and one of a client without the extension, is answered with its result', async () => {
  const http = open({ quick: { run: () => ({ value: { n: 1 } }) } });
  expect(await call(http, 'quick')).toMatchObject({ structuredContent: { n: 1 }, resultType: 'complete' });
  const slow = open({ slow: { run: () => new Promise((resolve) => setTimeout(resolve, 60, { value: { n: 2 } })) } });
  const answer = send(slow, 'tools/call', { name: 'slow', arguments: {} }, { capabilities: {} });
  expect(await answer).toMatchObject({ structuredContent: { n: 2 } });
  await expect(send(slow, 'tasks/get', { taskId: 'x' }, { capabilities: {} })).rejects.toThrow('-32021');
});

test('work that a host keeps under an id of its own is followed as a task', async () => {
  const gateway = new FakeGateway();
  let state: LongRunningState = { kind: 'working', message: 'waits for an operator' };
  const answers: JsonObject[] = [];
  const kept: LongRunningCall = {
    createdAt: 0,
    updatedAt: 1000,
    ttlMs: undefined,
    state: () => state,
    answer: (given) => void answers.push(given),
    cancel: () => {
      state = { kind: 'cancelled' };
    },
  };
  gateway.callTool = async () => ({
    kind: 'outcome',
    outcome: { status: 'pending', executionId: 'exe_1', approval: { id: 'apr_1' } },
  });
  const http = openOver(
    Object.assign(gateway, {
      longRunning: { find: async (_caller: McpCaller, id: string) => (id === 'apr_1' ? kept : undefined) },
    }),
  );
  const created = await call(http, 'dangerous');
  expect(created).toEqual({
    resultType: 'task',
    taskId: 'apr_1',
    status: 'working',
    statusMessage: 'waits for an operator',
    createdAt: '1970-01-01T00:00:00.000Z',
    lastUpdatedAt: '1970-01-01T00:00:01.000Z',
    ttlMs: null,
    pollIntervalMs: 1000,
    _meta: expect.anything(),
  });
  state = { kind: 'completed', result: { content: [{ type: 'text', text: 'done' }] } };
  expect(await get(http, created)).toMatchObject({ status: 'completed', result: { content: [{ text: 'done' }] } });
  await send(http, 'tasks/update', { taskId: 'apr_1', inputResponses: { a: {} } });
  expect(answers).toEqual([{ a: {} }]);
  await expect(send(http, 'tasks/get', { taskId: 'apr_2' })).rejects.toThrow('-32602');
});

test('an id of a task of a server opens for its caller alone, wherever the secret is known', () => {
  const secret = new Uint8Array(32).fill(7);
  const place = { server: 'docs', own: 'a/b' };
  const id = new SealedTaskIds(secret).seal(fakeCaller(), place);
  expect(new SealedTaskIds(secret).open(fakeCaller(), id)).toEqual(place);
  expect(new SealedTaskIds(secret).open(fakeCaller('key:other'), id)).toBeUndefined();
  expect(new SealedTaskIds(secret).open(fakeCaller('key:agent', 'other'), id)).toBeUndefined();
  expect(new SealedTaskIds(new Uint8Array(32)).open(fakeCaller(), id)).toBeUndefined();
  for (const foreign of ['', 'up_', 'up_x.y', 'task_1', `${id}x`]) {
    expect(new SealedTaskIds(secret).open(fakeCaller(), foreign)).toBeUndefined();
  }
});

function open(tools: Readonly<Record<string, FakeTool>>): McpHttp {
  return openOver(new FakeGateway(tools));
}

function openOver(gateway: FakeGateway): McpHttp {
  const http = createMcpHttp({ gateway, version: '1', taskAfterMs: 20 });
  onTestFinished(() => http.close());
  return http;
}

function call(http: McpHttp, name: string): Promise<JsonObject> {
  return send(http, 'tools/call', { name, arguments: {} });
}

function get(http: McpHttp, { taskId }: JsonObject): Promise<JsonObject> {
  return send(http, 'tasks/get', { taskId: taskId ?? null });
}

/** The result of a request of 2026-07-28. @throws Error with the code of a protocol error */
async function send(
  http: McpHttp,
  method: string,
  params: JsonObject,
  { caller = fakeCaller(), capabilities = CAPABILITIES }: { caller?: McpCaller; capabilities?: JsonObject } = {},
): Promise<JsonObject> {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  };
  const body = { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } };
  const request = new Request('http://127.0.0.1/mcp', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      'mcp-name': String(params.taskId ?? params.name),
    },
    body: JSON.stringify(body),
  });
  const text = await (await http.fetch(request, { authInfo: callerInfo(caller), parsedBody: body })).text();
  const json = text.startsWith('{') ? text : (/^data: (\{.*"id":1.*\})$/m.exec(text)?.[1] ?? '{}');
  const { result, error } = JSON.parse(json) as { result?: JsonObject; error?: { code: number; message: string } };
  if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
  return result ?? {};
}
