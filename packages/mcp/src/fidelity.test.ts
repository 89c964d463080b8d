import { readFileSync } from 'node:fs';
import { isCapstanError, type JsonObject } from '@capstan/sdk';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { callerInfo } from './caller-info.ts';
import { fakeCaller, fakeDefinition } from './fake-gateway.test.support.ts';
import type { CatalogSnapshot, McpGateway } from './gateway.ts';
import { createMcpHttp } from './mcp-http.ts';
import { FULL_CONTENT, FULL_OFFER } from './test-kit/full-offer.ts';
import { FULL_UPSTREAMS } from './test-kit/full-upstreams.ts';
import { type UpstreamUnderTest, upstreamOn } from './test-kit/upstream-under-test.ts';

const CLIENTS = ['2026-07-28', '2025-11-25'] as const;
type ClientRevision = (typeof CLIENTS)[number];

/** What a check works with: a client of the gateway, and what it was asked and told. */
interface Bench {
  readonly client: Client;
  readonly revision: ClientRevision;
  readonly source: UpstreamUnderTest;
  readonly told: readonly { readonly method: string; readonly params: unknown }[];
  readonly until: (is: () => boolean) => Promise<void>;
}

const CHECKS: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  'tools: schemas, title, annotations, icons, `_meta`': async ({ client }) => {
    const { tools } = await client.listTools();
    expect([...tools].sort(byName)).toEqual([...FULL_OFFER.tools].sort(byName));
  },
  'results: `structuredContent` beside other text, `_meta` both ways': async ({ client }) => {
    const result = await client.callTool({ name: 'rich', arguments: { a: 'x' }, _meta: { 'vendor/mine': 7 } });
    expect(result).toMatchObject({
      content: [{ type: 'text', text: 'not the same' }],
      structuredContent: { n: 1, mine: 7 },
      _meta: { 'vendor/out': { a: [1] } },
    });
  },
  'content: text, image, audio, resource link, embedded resource': async ({ client }) => {
    expect((await client.callTool({ name: 'content', arguments: {} })).content).toEqual(FULL_CONTENT);
  },
  '`isError`': async ({ client }) => {
    const result = await client.callTool({ name: 'fails', arguments: {} });
    expect(result).toMatchObject({ isError: true, content: [{ type: 'text', text: 'no' }] });
  },
  'protocol errors: code and message': async ({ client }) => {
    const call = client.callTool({ name: 'breaks', arguments: {} });
    await expect(call).rejects.toMatchObject({ code: -32_050, message: expect.stringContaining('broken') });
  },
  progress: async ({ client }) => {
    const steps: unknown[] = [];
    await client.callTool({ name: 'progress', arguments: {} }, { onprogress: (step) => steps.push(step) });
    expect(steps).toEqual([{ progress: 1, total: 2, message: 'half' }]);
  },
  cancellation: async ({ client }) => {
    const before = await abortedCalls(client);
    const cancel = new AbortController();
    const calling = client.callTool({ name: 'wait', arguments: {} }, { signal: cancel.signal });
    setTimeout(() => cancel.abort('enough'), 50);
    await expect(calling).rejects.toThrow();
    await expect.poll(() => abortedCalls(client)).toBe(before + 1);
  },
  'log messages of a call, at the level that was set': async (bench) => {
    const { client, told } = bench;
    const meta = { 'io.modelcontextprotocol/logLevel': 'warning' };
    if (bench.revision === '2025-11-25') await client.setLoggingLevel('warning');
    await client.callTool({ name: 'log', arguments: {}, ...(bench.revision === '2026-07-28' ? { _meta: meta } : {}) });
    await bench.until(() => told.some(({ method }) => method === 'notifications/message'));
    const log = told.find(({ method }) => method === 'notifications/message');
    expect(log?.params).toMatchObject({ level: 'error', data: 'set to warning' });
  },
  'elicitation reaches the calling client': async ({ client }) => {
    const result = await client.callTool({ name: 'elicit', arguments: {} });
    expect(JSON.parse(textOf(result))).toMatchObject({ action: 'accept', content: { s: 'Size?' } });
  },
  'sampling reaches the calling client': async ({ client }) => {
    const result = await client.callTool({ name: 'sample', arguments: {} });
    expect(JSON.parse(textOf(result))).toMatchObject({ model: 'm', content: { type: 'text', text: 'said' } });
  },
  'roots of the calling client': async ({ client }) => {
    const result = await client.callTool({ name: 'roots', arguments: {} });
    expect(JSON.parse(textOf(result))).toMatchObject({ roots: [{ uri: 'file:///root' }] });
  },
  'prompts: list and get': async ({ client }) => {
    expect((await client.listPrompts()).prompts).toEqual(FULL_OFFER.prompts);
    const prompt = await client.getPrompt({ name: 'ask', arguments: { topic: 'x' } });
    expect(prompt).toMatchObject({ messages: [{ content: { text: '{"topic":"x"}' } }], _meta: { g: 1 } });
  },
  'resources: list, templates, read': async ({ client }) => {
    expect((await client.listResources()).resources).toEqual(FULL_OFFER.resources);
    expect((await client.listResourceTemplates()).resourceTemplates).toEqual(FULL_OFFER.templates);
    for (const uri of ['full://one', 'full://item/7']) {
      expect((await client.readResource({ uri })).contents).toMatchObject([{ uri, text: 'one', _meta: { x: 1 } }]);
    }
  },
  completion: async ({ client }) => {
    const ref = { type: 'ref/prompt' as const, name: 'ask' };
    const { completion } = await client.complete({ ref, argument: { name: 'topic', value: 'a' } });
    expect(completion).toEqual({ values: ['alpha', 'beta'], total: 2, hasMore: false });
  },
  'instructions of the server': async ({ client, source }) => {
    expect(client.getInstructions()).toBe(source.upstream.offer.instructions);
    expect(client.getServerCapabilities()).toMatchObject({ prompts: {}, resources: {}, completions: {} });
  },
};

const passed = new Map<string, Set<string>>();

describe.each(Object.keys(FULL_UPSTREAMS))('a server over %s', (form) => {
  describe.each(CLIENTS)('for a client of %s', (revision) => {
    test.each(Object.keys(CHECKS))('%s', async (check) => {
      const bench = await benchOf(form, revision);
      await CHECKS[check]?.(bench);
      const column = `${form} ${revision}`;
      passed.set(check, (passed.get(check) ?? new Set()).add(column));
    });
  });
});

test('a change of the tools reaches a client with a session, once', async () => {
  const bench = await benchOf('HTTP, 2025-11-25', '2025-11-25');
  await bench.client.callTool({ name: 'change', arguments: {} });
  expect(bench.source.changes.filter(({ offer }) => offer)).toHaveLength(1);
});

test('a resource that a client of 2025-11-25 subscribed to is told when it changes', async () => {
  const { client, told, until } = await benchOf('HTTP, 2025-11-25', '2025-11-25');
  await client.subscribeResource({ uri: 'full://one' });
  await until(() => told.some(({ method }) => method === 'notifications/resources/updated'));
  expect(told.at(-1)?.params).toMatchObject({ uri: 'full://one' });
});

test('a resource that a client of 2026-07-28 listens to is told when it changes', async () => {
  const { client, told, until } = await benchOf('HTTP, 2025-11-25', '2026-07-28');
  await client.listen({ resourceSubscriptions: ['full://one'] });
  await until(() => told.some(({ method }) => method === 'notifications/resources/updated'));
});

afterAll(() => {
  const columns = Object.keys(FULL_UPSTREAMS).flatMap((form) => CLIENTS.map((revision) => `${form} ${revision}`));
  const rows = Object.keys(CHECKS).map((check) => [
    check,
    ...columns.map((column) => (passed.get(check)?.has(column) ? 'yes' : 'NO')),
  ]);
  const documented = matrixIn(readFileSync(new URL('../../../docs/mcp.md', import.meta.url), 'utf8'));
  // A run of some of the tests alone says nothing about the others.
  if (rows.some((row) => row.slice(1).every((cell) => cell === 'NO'))) return;
  expect(documented).toEqual(rows);
});

/** The rows of the table that docs/mcp.md holds. */
function matrixIn(text: string): readonly (readonly string[])[] {
  const table = /<!-- fidelity -->([\s\S]*?)<!-- \/fidelity -->/.exec(text)?.[1] ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

async function benchOf(form: string, revision: ClientRevision): Promise<Bench> {
  const address = await FULL_UPSTREAMS[form]?.();
  if (address === undefined) throw new Error('no such server');
  const listeners = new Set<(uri: string) => void>();
  const source = upstreamOn(address, {
    onResourceUpdated: (uri) => {
      for (const listener of listeners) listener(uri);
    },
  });
  await source.upstream.settled();
  expect(source.upstream.state).toEqual({ kind: 'ready' });
  const http = createMcpHttp({ gateway: gatewayOver(source, listeners), version: '1' });
  onTestFinished(() => http.close());
  const authInfo = callerInfo(fakeCaller());
  const fetchIt = async (url: string | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(url, init);
    const text = request.method === 'POST' ? await request.clone().text() : '';
    return http.fetch(request, { authInfo, ...(text === '' ? {} : { parsedBody: JSON.parse(text) }) });
  };
  const client = new Client(
    { name: 'test', version: '1' },
    {
      capabilities: { elicitation: { form: {} }, sampling: {}, roots: {} },
      versionNegotiation: { mode: revision === '2026-07-28' ? { pin: revision } : 'legacy' },
    },
  );
  client.setRequestHandler('elicitation/create', ({ params }) => ({
    action: 'accept',
    content: { s: params.message },
  }));
  client.setRequestHandler('sampling/createMessage', () => ({
    model: 'm',
    role: 'assistant',
    content: { type: 'text', text: 'said' },
  }));
  client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///root' }] }));
  const told: { method: string; params: unknown }[] = [];
  client.fallbackNotificationHandler = async ({ method, params }) => void told.push({ method, params });
  await client.connect(new StreamableHTTPClientTransport(new URL('http://gateway/mcp'), { fetch: fetchIt }));
  onTestFinished(() => client.close());
  return { client, revision, source, told, until: async (is) => expect.poll(is).toBe(true) };
}

function gatewayOver(source: UpstreamUnderTest, listeners: Set<(uri: string) => void>): McpGateway {
  const { upstream } = source;
  const servers = [{ name: 'full', upstream }];
  const snapshot: CatalogSnapshot = {
    revision: '1',
    tools: upstream.offer.tools
      .map(({ name, item }) => ({
        exposedName: name,
        definition: fakeDefinition(name, { verbatim: item, backendKind: 'mcp' }),
      }))
      .sort((one, other) => (one.exposedName < other.exposedName ? -1 : 1)),
  };
  return {
    listTools: () => snapshot,
    callTool: async ({ caller, name, arguments: args, signal, channel, meta, onProgress }) => {
      const executionId = 'exe_1';
      try {
        const verbatim = await upstream.request({
          owner: {
            workspace: caller.workspace,
            principal: caller.principal.id,
            capabilities: channel?.capabilities ?? {},
          },
          method: 'tools/call',
          params: { name, arguments: args },
          signal,
          isRepeatable: false,
          ...(channel === undefined ? {} : { channel }),
          ...(meta === undefined ? {} : { meta }),
          onProgress: (step) => onProgress?.(step as never),
        });
        const result = { value: null, content: verbatim.content as never, verbatim };
        return { kind: 'outcome', outcome: { status: 'succeeded', executionId, result } };
      } catch (error) {
        if (!isCapstanError(error)) throw error;
        return { kind: 'outcome', outcome: { status: 'failed', executionId, error } };
      }
    },
    onCatalogChanged: () => () => undefined,
    upstreams: {
      list: () => servers,
      all: () => servers,
      request: async ({ caller: { workspace, principal }, method, params, until, onProgress, ...call }) => {
        const owner = { workspace, principal: principal.id, capabilities: call.channel?.capabilities ?? {} };
        if (method !== 'resources/subscribe') {
          return upstream.request({ ...call, owner, method, params, isRepeatable: true });
        }
        await upstream.subscribe(owner, String(params.uri), until ?? call.signal);
        return {};
      },
      onOfferChanged: () => () => undefined,
      onResourceUpdated: (_caller, listener) => {
        const tell = (uri: string): void => listener('full', uri);
        listeners.add(tell);
        return () => listeners.delete(tell);
      },
    },
  };
}

function byName(one: { readonly name?: unknown }, other: { readonly name?: unknown }): number {
  return String(one.name) < String(other.name) ? -1 : 1;
}

/** Calls that the server itself saw cancelled. */
async function abortedCalls(client: Client): Promise<number> {
  return Number(textOf(await client.callTool({ name: 'aborted', arguments: {} })));
}

function textOf(result: { readonly content?: unknown }): string {
  const [first] = result.content as readonly JsonObject[];
  return String(first?.text);
}
