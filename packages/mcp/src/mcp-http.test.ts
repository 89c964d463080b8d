import { CapstanError } from '@capstan/sdk';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { callerInfo } from './caller-info.ts';
import { FakeGateway, fakeCaller, untilCancelled } from './fake-gateway.test.support.ts';
import type { McpCaller, McpGateway } from './gateway.ts';
import { createMcpHttp, type McpHttp, type McpHttpOptions } from './mcp-http.ts';

const URL_OF_MCP = new URL('http://capstan.test/mcp');
const ERAS = [
  { revision: '2025-11-25', mode: 'legacy' },
  { revision: '2026-07-28', mode: { pin: '2026-07-28' } },
] as const;

describe.each(ERAS)('revision $revision', ({ revision, mode }) => {
  test('lists every tool over all pages, with title, hints and schemas', async () => {
    const gateway = new FakeGateway();
    for (let index = 0; index < 7; index++) gateway.set(`tool_${index}`, echo);
    gateway.set('titled', {
      ...echo,
      definition: { displayName: 'A title', annotations: { readOnly: true }, outputSchema: { type: 'object' } },
    });
    const client = await connect(gateway, { mode, pageSize: 3 });
    expect(client.getNegotiatedProtocolVersion()).toBe(revision);
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual([
      'titled',
      ...[0, 1, 2, 3, 4, 5, 6].map((index) => `tool_${index}`),
    ]);
    expect(tools[0]).toEqual({
      name: 'titled',
      title: 'A title',
      description: 'Does titled.',
      inputSchema: { type: 'object' },
      outputSchema: { type: 'object' },
      annotations: { readOnlyHint: true },
    });
  });

  test('calls with the authenticated caller, whatever the arguments say', async () => {
    const gateway = new FakeGateway({ echo });
    const client = await connect(gateway, { mode });
    const args = { workspace: 'other', principal: { id: 'root' } };
    const result = await client.callTool({ name: 'echo', arguments: args, _meta: { 'capstan/connection': 'line-2' } });
    expect(result.structuredContent).toEqual(args);
    expect(gateway.calls[0]).toMatchObject({ caller: fakeCaller(), arguments: args, connection: 'line-2' });
  });

  test('a value that is no object is wrapped only where the revision demands an object', async () => {
    const gateway = new FakeGateway({ list: { run: () => ({ value: [1, 2] }) } });
    const result = await (await connect(gateway, { mode })).callTool({ name: 'list' });
    expect(result.content).toEqual([{ type: 'text', text: '[1,2]' }]);
    expect(result.structuredContent).toEqual(revision === '2025-11-25' ? { result: [1, 2] } : [1, 2]);
  });

  test('a failure is an error result, an unknown tool and wrong params are protocol errors', async () => {
    const run = () => {
      throw new CapstanError('CAPSTAN_REMOTE_UNREACHABLE', 'nobody answers');
    };
    const client = await connect(new FakeGateway({ broken: { run } }), { mode });
    const result = await client.callTool({ name: 'broken' });
    expect(result.isError).toBe(true);
    expect(JSON.stringify(result.content)).toContain('CAPSTAN_REMOTE_UNREACHABLE: nobody answers');
    await expect(client.callTool({ name: 'nowhere' })).rejects.toMatchObject({
      code: -32602,
      message: 'Unknown tool: nowhere',
    });
    await expect(client.request({ method: 'tools/list', params: { cursor: 'x' } })).rejects.toMatchObject({
      code: -32602,
    });
  });

  test('progress arrives before the result, growing only', async () => {
    const run: (typeof echo)['run'] = ({ onProgress }) => {
      for (const progress of [1, 2, 2, 1, 3]) onProgress?.({ progress, total: 3, message: `step ${progress}` });
      return { value: 'done' };
    };
    const client = await connect(new FakeGateway({ slow: { run } }), { mode });
    const seen: unknown[] = [];
    await client.callTool({ name: 'slow' }, { onprogress: (step) => seen.push(step) });
    expect(seen).toEqual([1, 2, 3].map((progress) => ({ progress, total: 3, message: `step ${progress}` })));
  });

  test('a cancellation by the client aborts the call', async () => {
    const started = Promise.withResolvers<AbortSignal>();
    const run: (typeof echo)['run'] = (call) => {
      started.resolve(call.signal);
      return untilCancelled(call);
    };
    const client = await connect(new FakeGateway({ long: { run } }), { mode });
    const cancel = new AbortController();
    const calling = client.callTool({ name: 'long' }, { signal: cancel.signal });
    const signal = await started.promise;
    cancel.abort('enough');
    await expect(calling).rejects.toThrow();
    await aborted(signal);
  });

  test('a tool asks the user in the middle of one run', async () => {
    let runs = 0;
    const run: (typeof echo)['run'] = async ({ onElicit }) => {
      runs += 1;
      const requestedSchema = { type: 'object', properties: { size: { type: 'number' } } };
      const first = await onElicit?.({ message: 'Which size?', requestedSchema });
      const second = await onElicit?.({ message: 'Sure?', requestedSchema });
      return { value: { first, second } as never };
    };
    const client = await connect(new FakeGateway({ order: { run } }), { mode, elicitation: true });
    const asked: string[] = [];
    client.setRequestHandler('elicitation/create', ({ params }) => {
      asked.push(params.message);
      return params.message === 'Sure?' ? { action: 'decline' } : { action: 'accept', content: { size: 4 } };
    });
    const result = await client.callTool({ name: 'order' });
    expect(result.structuredContent).toEqual({
      first: { action: 'accept', content: { size: 4 } },
      second: { action: 'decline' },
    });
    expect(asked).toEqual(['Which size?', 'Sure?']);
    expect(runs).toBe(1);
  });

  test('a client that cannot ask leaves the tool without a way to ask', async () => {
    const run: (typeof echo)['run'] = ({ onElicit }) => ({ value: { canAsk: onElicit !== undefined } });
    const client = await connect(new FakeGateway({ ask: { run } }), { mode });
    expect((await client.callTool({ name: 'ask' })).structuredContent).toEqual({ canAsk: false });
  });

  test('a change of the catalog reaches the clients of that workspace, and no others', async () => {
    const gateway = new FakeGateway({ echo });
    const http = open(gateway);
    const here = await listening(http, mode, fakeCaller());
    const there = await listening(http, mode, fakeCaller('key:agent', 'other'));
    gateway.set('later', echo);
    await here.changed;
    expect((await here.client.listTools()).tools.map((tool) => tool.name)).toContain('later');
    expect(there.count()).toBe(0);
  });
});

test('content of a tool is on the wire as the tool made it, fields and kinds that nobody knows included', async () => {
  const content = [
    { type: 'text', text: 'x', annotations: { priority: 0.4, own: true }, extra: 1 },
    { type: 'hologram', depth: 3 },
  ];
  const gateway = new FakeGateway({ rich: { run: () => ({ value: null, content, meta: { 'x/y': { z: 1 } } }) } });
  const response = await post(open(gateway), { method: 'tools/call', params: { name: 'rich', arguments: {} } });
  expect(await rpcResult(response)).toEqual({ content, _meta: { 'x/y': { z: 1 } } });
});

test('a client that lost its session id, or never had one, is served all the same', async () => {
  const response = await post(open(new FakeGateway({ echo })), { method: 'tools/list' });
  expect(await rpcResult(response)).toMatchObject({ tools: [{ name: 'echo' }] });
});

test('an unknown session is 404, so that the client starts a new one', async () => {
  const http = open(new FakeGateway({ echo }));
  expect((await post(http, { method: 'tools/list' }, { 'mcp-session-id': 'gone' })).status).toBe(404);
});

test('a session is of no use to another key', async () => {
  const http = open(new FakeGateway({ echo }));
  const initialized = await post(http, INITIALIZE);
  const session = initialized.headers.get('mcp-session-id') ?? '';
  await initialized.text();
  expect((await post(http, { method: 'tools/list' }, { 'mcp-session-id': session })).status).toBe(200);
  const other = await post(http, { method: 'tools/list' }, { 'mcp-session-id': session }, fakeCaller('key:other'));
  expect(other.status).toBe(404);
});

test('without room for a session, a client is served without one', async () => {
  const http = open(new FakeGateway({ echo }), { sessions: { total: 0 } });
  const response = await post(http, INITIALIZE);
  expect(response.status).toBe(200);
  expect(response.headers.get('mcp-session-id')).toBeNull();
});

test('a request without an authenticated caller is refused', async () => {
  const response = await open(new FakeGateway({ echo })).fetch(new Request(URL_OF_MCP, { method: 'POST' }));
  expect(response.status).toBe(401);
});

test('a defect of the gateway is an internal error without its message, and is reported', async () => {
  const reported: Error[] = [];
  const gateway = new FakeGateway();
  gateway.listTools = () => {
    throw new TypeError('internal detail');
  };
  const http = open(gateway, { onError: (error) => reported.push(error) });
  const text = await (await post(http, { method: 'tools/list' })).text();
  expect(text).toContain('-32603');
  expect(text).not.toContain('internal detail');
  expect(reported.map((error) => error.message)).toEqual(['internal detail']);
});

test('a ticket that was made up is refused', async () => {
  const gateway = new FakeGateway({ echo });
  const client = await connect(gateway, { mode: { pin: '2026-07-28' } });
  const params = { name: 'echo', arguments: {}, requestState: 'made-up' };
  await expect(client.request({ method: 'tools/call', params } as never)).rejects.toMatchObject({ code: -32602 });
  expect(gateway.calls).toEqual([]);
});

const echo: ConstructorParameters<typeof FakeGateway>[0] extends Record<string, infer Tool> | undefined ? Tool : never =
  { run: (call) => ({ value: call.arguments }) };

const INITIALIZE = {
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

type Mode = (typeof ERAS)[number]['mode'];

function open(gateway: McpGateway, options: Partial<McpHttpOptions> = {}): McpHttp {
  const unexpected: Error[] = [];
  const http = createMcpHttp({ gateway, version: '1.2.3', onError: (error) => unexpected.push(error), ...options });
  onTestFinished(async () => {
    await http.close();
    expect(unexpected).toEqual([]);
  });
  return http;
}

async function connect(
  gateway: McpGateway,
  options: { readonly mode: Mode; readonly pageSize?: number; readonly elicitation?: boolean },
): Promise<Client> {
  const http = open(gateway, options.pageSize === undefined ? {} : { pageSize: options.pageSize });
  return connectTo(http, options.mode, fakeCaller(), options.elicitation);
}

async function connectTo(http: McpHttp, mode: Mode, caller: McpCaller, elicitation = false): Promise<Client> {
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode }, capabilities: elicitation ? { elicitation: { form: {} } } : {} },
  );
  const transport = new StreamableHTTPClientTransport(URL_OF_MCP, {
    fetch: (url, init) => http.fetch(...withBody(new Request(url, init), init?.body, caller)),
  });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return client;
}

function withBody(request: Request, body: unknown, caller: McpCaller): Parameters<McpHttp['fetch']> {
  const parsedBody: unknown = typeof body === 'string' ? JSON.parse(body) : undefined;
  return [request, { authInfo: callerInfo(caller), ...(parsedBody === undefined ? {} : { parsedBody }) }];
}

async function listening(http: McpHttp, mode: Mode, caller: McpCaller) {
  const client = await connectTo(http, mode, caller);
  const changed = Promise.withResolvers<void>();
  let count = 0;
  client.setNotificationHandler('notifications/tools/list_changed', () => {
    count += 1;
    changed.resolve();
  });
  if (mode !== 'legacy') await client.listen({ toolsListChanged: true });
  return { client, changed: changed.promise, count: () => count };
}

function post(http: McpHttp, message: object, headers: Record<string, string> = {}, caller = fakeCaller()) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, ...message });
  const request = new Request(URL_OF_MCP, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
  });
  return http.fetch(...withBody(request, body, caller));
}

async function rpcResult(response: Response): Promise<unknown> {
  const text = await response.text();
  const data = text.split('\n').find((line) => line.startsWith('data: '));
  return (JSON.parse(data?.slice(6) ?? text) as { result: unknown }).result;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
