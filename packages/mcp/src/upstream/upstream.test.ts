import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { channelOf, ownerOf, textOf, upstreamOn } from '../test-kit/upstream-under-test.ts';
import { type V1HttpServer, v1HttpServer } from '../test-kit/v1-http-server.ts';
import { v2HttpServer } from '../test-kit/v2-http-server.ts';

const ECHO = {
  name: 'echo',
  title: 'Echo',
  description: 'Says it again',
  inputSchema: {
    type: 'object' as const,
    properties: { a: { type: 'string', 'x-own': 1 } },
    unevaluatedProperties: true,
  },
  annotations: { readOnlyHint: true, title: 'Old title' },
  icons: [{ src: 'data:image/png;base64,AA==', mimeType: 'image/png' }],
  _meta: { 'vendor/key': { deep: [1] } },
};

describe('a server of the v1 SDK with sessions', () => {
  test('tools are listed as they came, and calls carry arguments, content and _meta both ways', async () => {
    const server = await v1Server();
    const { upstream, call } = upstreamOn(server.url);
    await upstream.settled();
    expect(upstream.state).toEqual({ kind: 'ready' });
    expect(upstream.offer.tools).toEqual([{ name: 'echo', item: ECHO }]);
    const meta = { 'vendor/in': 7, 'capstan/connection': 'x' };
    const result = await call('echo', { a: 'x' }, { meta });
    expect(result.structuredContent).toEqual({ arguments: { a: 'x' }, meta: { 'vendor/in': 7 } });
    expect(result._meta).toEqual({ 'vendor/out': true });
    expect(result.isError).toBe(true);
  });

  test('two principals never share a session, and one principal keeps its own', async () => {
    const server = await v1Server();
    const { upstream, call } = upstreamOn(server.url);
    await upstream.settled();
    const before = server.servers.size;
    for (const principal of ['one', 'two', 'one', 'two']) await call('echo', {}, { owner: ownerOf(principal) });
    expect(server.servers.size).toBe(before + 2);
    const ids = server.requests.map(({ headers }) => headers['mcp-session-id']).filter((id) => id !== undefined);
    expect(new Set(ids).size).toBe(before + 2);
  });

  test('a forgotten session is opened again and the call made again, once', async () => {
    const server = await v1Server();
    const { upstream, call } = upstreamOn(server.url);
    await call('echo');
    server.forget();
    expect(textOf(await call('echo'))).toBe('echo');
    await upstream.settled();
    expect(upstream.state.kind).toBe('ready');
  });

  test('a server that is down is degraded and comes back by itself, with its tools known meanwhile', async () => {
    const server = await v1Server();
    const { upstream, call, until } = upstreamOn(server.url);
    await upstream.settled();
    await server.stop();
    await until(() => upstream.state.kind === 'degraded');
    expect(upstream.offer.tools).toHaveLength(1);
    await expect(call('echo')).rejects.toMatchObject({ code: 'CAPSTAN_REMOTE_UNREACHABLE', retriable: true });
    await server.restart();
    await until(() => upstream.state.kind === 'ready');
    expect(textOf(await call('echo'))).toBe('echo');
  });

  test('a call that may have been done is not made twice', async () => {
    let calls = 0;
    const server = await v1Server({
      onCall: () => {
        calls += 1;
        void server.stop();
        return new Promise(() => undefined);
      },
    });
    const { call } = upstreamOn(server.url);
    await expect(call('echo')).rejects.toMatchObject({ code: 'CAPSTAN_REMOTE_UNREACHABLE' });
    expect(calls).toBe(1);
  });

  test('a change of the tools is told once, and none where nothing changed', async () => {
    const tools = [ECHO];
    const server = await v1Server({ tools });
    const { upstream, changes, until } = upstreamOn(server.url);
    await upstream.settled();
    const tell = async (): Promise<void> => {
      await Promise.all([...server.servers.values()].map((one) => one.sendToolListChanged()));
    };
    await untilListening(server);
    await tell();
    await tell();
    tools.push({ ...ECHO, name: 'later' });
    await tell();
    await until(() => upstream.offer.tools.length === 2);
    expect(changes.filter(({ offer }) => offer)).toHaveLength(2);
  });

  test('more sessions than the cap are not kept: the one that was idle longest makes room', async () => {
    const server = await v1Server();
    const { upstream, call } = upstreamOn(server.url, { limits: { sessions: 2 } });
    await upstream.settled();
    const before = server.servers.size;
    for (const principal of ['one', 'two', 'three']) await call('echo', {}, { owner: ownerOf(principal) });
    expect(upstream.sessions).toBe(2);
    await expect.poll(() => server.servers.size).toBe(before + 2);
  });

  test('idle sessions are closed, at the server too', async () => {
    const server = await v1Server();
    const { upstream, call } = upstreamOn(server.url, { limits: { idleMs: 50 } });
    await upstream.settled();
    const before = server.servers.size;
    for (const principal of ['one', 'two', 'three']) await call('echo', {}, { owner: ownerOf(principal) });
    await expect.poll(() => [upstream.sessions, server.servers.size]).toEqual([0, before]);
  });
});

test('cancelling reaches the server, and its answer finds nobody', async () => {
  const cancelled = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const server = await v1Server({
    onCall: (signal) => {
      signal.addEventListener('abort', () => cancelled.resolve());
      started.resolve();
      return new Promise(() => undefined);
    },
  });
  const { call } = upstreamOn(server.url);
  const stop = new AbortController();
  const calling = call('echo', {}, { signal: stop.signal });
  await started.promise;
  stop.abort(new Error('enough'));
  await expect(calling).rejects.toThrow('enough');
  await cancelled.promise;
});

test('a hung server is degraded after its time, and closing does not wait for it', async () => {
  const { createServer } = await import('node:http');
  const hung = createServer(() => undefined);
  await new Promise<void>((resolve) => hung.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    hung.closeAllConnections();
    hung.close();
  });
  const address = hung.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/mcp`;
  const { upstream } = upstreamOn(url);
  expect(upstream.state.kind).toBe('connecting');
  await upstream.close();
  const impatient = upstreamOn(url, { connectTimeoutMs: 30, timeoutMs: 30 });
  await impatient.upstream.settled();
  expect(impatient.upstream.state).toMatchObject({ kind: 'degraded', reason: { code: 'CAPSTAN_REMOTE_TIMEOUT' } });
});

describe('a server of 2026-07-28', () => {
  test('is found by asking, and a call goes through without a session', async () => {
    const server = await v2HttpServer((one) => {
      one.setRequestHandler('tools/list', () => ({ tools: [ECHO] }));
      one.setRequestHandler('tools/call', ({ params }) => ({
        content: [{ type: 'text', text: params.name }],
        structuredContent: { arguments: params.arguments },
      }));
    });
    onTestFinished(() => server.stop());
    const { upstream, call } = upstreamOn(server.url);
    await upstream.settled();
    expect(upstream.handshake?.version).toBe('2026-07-28');
    expect(upstream.offer.tools).toEqual([{ name: 'echo', item: ECHO }]);
    expect(await call('echo', { a: 'ü' })).toEqual({
      content: [{ type: 'text', text: 'echo' }],
      structuredContent: { arguments: { a: 'ü' } },
    });
  });

  test('its question is answered by the client of the call', async () => {
    const server = await v2HttpServer((one) => {
      one.setRequestHandler('tools/list', () => ({ tools: [ECHO] }));
      one.setRequestHandler('tools/call', (_request, context) => {
        const answers = context.mcpReq.inputResponses;
        if (answers !== undefined) return { content: [{ type: 'text', text: JSON.stringify(answers) }] };
        const params = { mode: 'form', message: 'Size?', requestedSchema: { type: 'object', properties: {} } };
        return {
          resultType: 'input_required',
          requestState: 'state',
          inputRequests: { q1: { method: 'elicitation/create', params } },
        } as never;
      });
    });
    onTestFinished(() => server.stop());
    const { call } = upstreamOn(server.url);
    const asked: unknown[] = [];
    const channel = channelOf((method, params) => {
      asked.push([method, params?.message]);
      return { action: 'accept', content: { size: 'L' } };
    });
    const result = await call('echo', {}, { channel });
    expect(asked).toEqual([['elicitation/create', 'Size?']]);
    expect(JSON.parse(textOf(result))).toEqual({ q1: { action: 'accept', content: { size: 'L' } } });
  });

  test('a change is heard over its listen stream', async () => {
    const tools = [ECHO];
    const server = await v2HttpServer(
      (one) => {
        one.setRequestHandler('tools/list', () => ({ tools }));
      },
      { tools: { listChanged: true } },
    );
    onTestFinished(() => server.stop());
    const { upstream, until } = upstreamOn(server.url);
    await upstream.settled();
    tools.push({ ...ECHO, name: 'later' });
    const telling = setInterval(() => server.handler.notify.toolsChanged(), 20);
    onTestFinished(() => clearInterval(telling));
    await until(() => upstream.offer.tools.length === 2);
  });
});

async function v1Server(
  options: { readonly tools?: readonly object[]; readonly onCall?: (signal: AbortSignal) => unknown } = {},
): Promise<V1HttpServer> {
  const server = await v1HttpServer(
    (one) => {
      one.setRequestHandler(ListToolsRequestSchema, () => ({ tools: (options.tools ?? [ECHO]) as never }));
      one.setRequestHandler(CallToolRequestSchema, ({ params }, { signal }) => {
        if (options.onCall) return options.onCall(signal) as never;
        const { progressToken: _token, ...meta } = params._meta ?? {};
        return {
          content: [{ type: 'text' as const, text: params.name }],
          structuredContent: { arguments: params.arguments, meta },
          isError: true,
          _meta: { 'vendor/out': true },
        };
      });
    },
    { capabilities: { tools: { listChanged: true } } },
  );
  onTestFinished(() => server.stop());
  return server;
}

/** The stream of notices opens after the handshake. */
function untilListening(server: V1HttpServer): Promise<void> {
  return expect
    .poll(() => server.requests.some(({ method }) => method === 'GET'))
    .toBe(true) as unknown as Promise<void>;
}
