import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, onTestFinished, test } from 'vitest';
import { AGENT_KEY, type ServerUnderTest, serverUnderTest, tool } from '../running-server.test.support.ts';

const COMPACT = ['call_read_tool', 'call_write_tool', 'describe_tools', 'find_tools'];

test('many tools make an endpoint compact; its URL says otherwise, on both ways into the server', async () => {
  const server = await serverWith(3, { compactThreshold: 2 });
  for (const path of ['/mcp', '/w/default/mcp', '/mcp?compact=on', '/mcp?compact=auto']) {
    expect([path, await namesAt(server, path)]).toEqual([path, COMPACT]);
    expect([path, await namesAt(server, path, { origin: server.url })]).toEqual([path, COMPACT]);
  }
  const all = ['number_0', 'number_1', 'number_2'];
  expect(await namesAt(server, '/mcp?compact=off')).toEqual(all);
  expect(await namesAt(server, '/mcp?compact=off', { origin: server.url })).toEqual(all);
  expect((await server.send('/mcp?compact=sometimes', { body: {} })).status).toBe(400);
});

test('up to forty tools are listed, where nobody says how many', async () => {
  expect(await namesAt(await serverWith(40), '/mcp')).toHaveLength(40);
  expect(await namesAt(await serverWith(41), '/mcp')).toEqual(COMPACT);
});

test('a tool called through a compact one is found by its index, and is audited and limited as itself', async () => {
  const server = await serverWith(3, { compactThreshold: 0 });
  const calls: unknown[] = [];
  server.host.on('invocation:finished', ({ tool: name, status, surface }) => calls.push({ name, status, surface }));
  const client = await connect(server, '/mcp');
  const found = await client.callTool({ name: 'find_tools', arguments: { query: 'number_1', limit: 1 } });
  expect(found.structuredContent).toMatchObject({ tools: [{ name: 'number_1', call_with: 'call_write_tool' }] });
  const refused = await client.callTool({ name: 'call_read_tool', arguments: { name: 'number_1' } });
  expect(JSON.stringify(refused.content)).toContain('call_write_tool');
  const answer = await client.callTool({
    name: 'call_write_tool',
    arguments: { name: 'number_1', arguments: { a: 1 } },
  });
  expect(answer.structuredContent).toEqual({ a: 1 });
  const wrong = await client.callTool({
    name: 'call_write_tool',
    arguments: { name: 'number_1', arguments: { a: 'x' } },
  });
  expect(JSON.stringify(wrong.content)).toMatch(/CAPSTAN_INVALID_ARGUMENTS.*\/a/);
  expect(calls).toEqual([
    { name: 'app.number_1', status: 'succeeded', surface: 'mcp' },
    { name: 'app.number_1', status: 'failed', surface: 'mcp' },
  ]);
});

function serverWith(count: number, options: { readonly compactThreshold?: number } = {}): Promise<ServerUnderTest> {
  const inputSchema = { type: 'object', properties: { a: { type: 'number' } } };
  const tools = Array.from({ length: count }, (_, number) =>
    tool(`app.number_${number}`, (input) => ({ ...input }) as never, { inputSchema }),
  );
  return serverUnderTest({ tools, ...options });
}

/** A request of a page goes the framework's way, any other the short one. */
async function namesAt(
  server: ServerUnderTest,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const response = await server.send(path, {
    body: { jsonrpc: '2.0', id: 1, method: 'tools/list' },
    headers: { accept: 'application/json, text/event-stream', ...headers },
  });
  const text = await response.text();
  const { result } = JSON.parse(text.slice(text.indexOf('data: ') + 'data: '.length)) as {
    result: { tools: readonly { name: string }[] };
  };
  return result.tools.map(({ name }) => name);
}

async function connect(server: ServerUnderTest, path: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${AGENT_KEY}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}${path}`), { requestInit }));
  onTestFinished(() => client.close());
  return client;
}
