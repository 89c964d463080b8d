import type { JsonValue } from '@capstan/sdk';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  ADMIN_KEY,
  AGENT_KEY,
  OTHER_KEY,
  type ServerUnderTest,
  serverUnderTest,
  tool,
  untilCancelled,
} from '../running-server.test.support.ts';

/** What the tests do with any client. */
interface AnyClient {
  list(): Promise<readonly string[]>;
  call(name: string, args?: Record<string, JsonValue>, options?: CallOptions): Promise<CallResult>;
  onElicit(answer: (message: string) => Record<string, string>): void;
  onListChanged(listener: () => void): Promise<void>;
  close(): Promise<void>;
}

interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onprogress?: (step: { progress: number; total?: number | undefined; message?: string | undefined }) => void;
}

interface CallResult {
  readonly isError?: boolean | undefined;
  readonly structuredContent?: unknown;
  readonly content?: unknown;
}

type Connect = (url: string, key: string) => Promise<AnyClient>;

const CLIENTS: readonly { readonly name: string; readonly connect: Connect }[] = [
  { name: 'the v2 client, 2026-07-28', connect: connectV2({ pin: '2026-07-28' }) },
  { name: 'the v2 client, 2025-11-25', connect: connectV2('legacy') },
  { name: 'the v1 client', connect: connectV1 },
];

const echo = tool('app.echo', (input) => input as JsonValue, {
  inputSchema: { type: 'object', required: ['a'], properties: { a: { type: 'string' } } },
});

describe.each(CLIENTS)('over HTTP with $name', ({ connect }) => {
  test('lists and calls', async () => {
    const server = await serverUnderTest({ tools: [echo] });
    const client = await connect(`${server.url}/mcp`, AGENT_KEY);
    expect(await client.list()).toEqual(['echo']);
    expect(await client.call('echo', { a: 'x' })).toMatchObject({ structuredContent: { a: 'x' } });
  });

  test('wrong arguments are an error with every problem, an unknown tool is a protocol error', async () => {
    const server = await serverUnderTest({ tools: [echo] });
    const client = await connect(`${server.url}/mcp`, AGENT_KEY);
    const result = await client.call('echo', { a: 1 });
    expect(result.isError).toBe(true);
    expect(JSON.stringify(result.content)).toMatch(/CAPSTAN_INVALID_ARGUMENTS.*\/a: .*hint.*execution: exe_/);
    await expect(client.call('nope')).rejects.toMatchObject({ code: -32602 });
  });

  test('progress arrives', async () => {
    const steps = tool('app.steps', (_input, context) => {
      context.progress({ progress: 1, total: 2, message: 'half' });
      return null;
    });
    const server = await serverUnderTest({ tools: [steps] });
    const client = await connect(`${server.url}/mcp`, AGENT_KEY);
    const seen: unknown[] = [];
    await client.call('steps', {}, { onprogress: (step) => seen.push(step) });
    expect(seen).toEqual([{ progress: 1, total: 2, message: 'half' }]);
  });

  test('cancelling cancels the invocation', async () => {
    const started = Promise.withResolvers<void>();
    const long = tool('app.long', (_input, { signal }) => {
      started.resolve();
      return untilCancelled(signal);
    });
    const server = await serverUnderTest({ tools: [long] });
    const finished = new Promise((resolve) => server.host.on('invocation:finished', resolve));
    const client = await connect(`${server.url}/mcp`, AGENT_KEY);
    const cancel = new AbortController();
    const calling = client.call('long', {}, { signal: cancel.signal });
    await started.promise;
    cancel.abort('enough');
    await expect(calling).rejects.toThrow();
    expect(await finished).toMatchObject({ surface: 'mcp', status: 'failed', code: 'CAPSTAN_CANCELLED' });
  });

  test('a client that closes in the middle cancels its call', async () => {
    const started = Promise.withResolvers<void>();
    const long = tool('app.long', (_input, { signal }) => {
      started.resolve();
      return untilCancelled(signal);
    });
    const server = await serverUnderTest({ tools: [long] });
    const finished = new Promise((resolve) => server.host.on('invocation:finished', resolve));
    const client = await connect(`${server.url}/mcp`, AGENT_KEY);
    const calling = client.call('long');
    await started.promise;
    await Promise.all([expect(calling).rejects.toThrow(), client.close()]);
    expect(await finished).toMatchObject({ status: 'failed', code: 'CAPSTAN_CANCELLED' });
  });

  test('a tool can ask the user', async () => {
    const ask = tool('app.ask', async (_input, context) => {
      const requestedSchema = { type: 'object', properties: { size: { type: 'string' } } };
      return { answer: (await context.elicit({ message: 'Which size?', requestedSchema })) as never };
    });
    const server = await serverUnderTest({ tools: [ask] });
    const client = await connect(`${server.url}/mcp`, AGENT_KEY);
    client.onElicit((message) => ({ size: `for ${message}` }));
    expect(await client.call('ask')).toMatchObject({
      structuredContent: { answer: { action: 'accept', content: { size: 'for Which size?' } } },
    });
  });

  test('a change of the catalog is told', async () => {
    const server = await serverUnderTest({ tools: [echo] });
    const client = await connect(`${server.url}/mcp`, AGENT_KEY);
    const changed = Promise.withResolvers<void>();
    await client.onListChanged(changed.resolve);
    server.host.register(tool('app.later', () => null));
    await changed.promise;
    expect(await client.list()).toEqual(['echo', 'later']);
  });

  test('each workspace has its own tools, whoever asks', async () => {
    const server = await serverUnderTest({ tools: [echo] });
    expect(await (await connect(`${server.url}/mcp`, ADMIN_KEY)).list()).toEqual(['echo']);
    expect(await (await connect(`${server.url}/w/default/mcp`, ADMIN_KEY)).list()).toEqual(['echo']);
    expect(await (await connect(`${server.url}/w/other/mcp`, ADMIN_KEY)).list()).toEqual([]);
    expect(await (await connect(`${server.url}/mcp`, OTHER_KEY)).list()).toEqual([]);
    await expect(connect(`${server.url}/w/other/mcp`, AGENT_KEY)).rejects.toThrow();
    await expect(connect(`${server.url}/mcp`, 'wrong')).rejects.toThrow();
  });

  test('REST and MCP come to the same decision', async () => {
    const server = await serverUnderTest({ tools: [echo, tool('app.mine', () => 'mine', { workspaces: ['other'] })] });
    const client = await connect(`${server.url}/mcp`, AGENT_KEY);
    for (const name of ['echo', 'mine', 'app.mine', 'nope']) {
      const viaMcp = await codeOf(client, name);
      expect(`${name} ${viaMcp}`).toBe(`${name} ${await codeOverRest(server, name)}`);
    }
  });
});

test('a client that goes away in the middle cancels its call', async () => {
  const started = Promise.withResolvers<void>();
  const long = tool('app.long', (_input, { signal }) => {
    started.resolve();
    return untilCancelled(signal);
  });
  const server = await serverUnderTest({ tools: [long] });
  const finished = new Promise((resolve) => server.host.on('invocation:finished', resolve));
  const leave = new AbortController();
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'long', arguments: {} } };
  const headers = { accept: 'application/json, text/event-stream' };
  const reading = server.send('/mcp', { body, headers, signal: leave.signal }).then((response) => response.text());
  await started.promise;
  leave.abort();
  await expect(reading).rejects.toThrow();
  expect(await finished).toMatchObject({ code: 'CAPSTAN_CANCELLED' });
});

test('closing the server ends the streams of its clients', async () => {
  const server = await serverUnderTest({ tools: [echo] });
  for (const { connect } of CLIENTS)
    await (await connect(`${server.url}/mcp`, AGENT_KEY)).onListChanged(() => undefined);
  await server.close();
  await expect(server.send('/healthz')).rejects.toThrow();
});

/** The code of a call, whichever way the surface says it. */
async function codeOf(client: AnyClient, name: string): Promise<string> {
  const result = await client.call(name).catch((error: { code: number }) => error.code);
  if (result === -32602) return 'CAPSTAN_TOOL_NOT_FOUND';
  return /CAPSTAN_\w+/.exec(JSON.stringify(result))?.[0] ?? 'ok';
}

async function codeOverRest(server: ServerUnderTest, name: string): Promise<string> {
  const response = await server.send('/v1/workspaces/default/invoke', { body: { name } });
  const { error } = (await response.json()) as { error?: { code: string } };
  return error?.code ?? 'ok';
}

function connectV2(mode: 'legacy' | { pin: string }): Connect {
  return async (url, key) => {
    const client = new Client(
      { name: 'test', version: '1' },
      { versionNegotiation: { mode }, capabilities: { elicitation: { form: {} } } },
    );
    const requestInit = { headers: { authorization: `Bearer ${key}` } };
    const stream = watchedFetch();
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit, fetch: stream.fetch }));
    onTestFinished(() => client.close());
    return {
      list: async () => (await client.listTools()).tools.map((listed) => listed.name),
      call: (name, args = {}, options = {}) => client.callTool({ name, arguments: args }, options),
      onElicit: (answer) =>
        client.setRequestHandler('elicitation/create', ({ params }) => ({
          action: 'accept',
          content: answer(params.message),
        })),
      onListChanged: async (listener) => {
        client.setNotificationHandler('notifications/tools/list_changed', listener);
        if (mode !== 'legacy') await client.listen({ toolsListChanged: true });
        else await stream.isOpen;
      },
      close: () => client.close(),
    };
  };
}

async function connectV1(url: string, key: string): Promise<AnyClient> {
  const client = new ClientV1({ name: 'test', version: '1' }, { capabilities: { elicitation: { form: {} } } });
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  const stream = watchedFetch();
  await client.connect(new TransportV1(new URL(url), { requestInit, fetch: stream.fetch }) as never);
  onTestFinished(() => client.close());
  return {
    list: async () => (await client.listTools()).tools.map((listed) => listed.name),
    call: (name, args = {}, options = {}) =>
      client.callTool({ name, arguments: args }, undefined, options) as Promise<CallResult>,
    onElicit: (answer) =>
      client.setRequestHandler(ElicitRequestSchema, ({ params }) => ({
        action: 'accept',
        content: answer(params.message),
      })),
    onListChanged: async (listener) => {
      client.setNotificationHandler(ToolListChangedNotificationSchema, listener);
      await stream.isOpen;
    },
    close: () => client.close(),
  };
}

/** Clients of sessions open a stream for notices after connecting, and tell nobody when it is there. */
function watchedFetch(): { readonly fetch: typeof fetch; readonly isOpen: Promise<void> } {
  const opened = Promise.withResolvers<void>();
  return {
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (init?.method === 'GET' && response.ok) opened.resolve();
      return response;
    },
    isOpen: opened.promise,
  };
}
