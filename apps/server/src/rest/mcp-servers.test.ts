import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadSettings } from '@capstan/host';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { BOOTSTRAP_ADMIN } from '../auth/bootstrap-server-keys.ts';
import { ADMIN_KEY, AGENT_KEY, type ServerUnderTest, serverUnderTest } from '../running-server.test.support.ts';

const PATH = '/v1/workspaces/default/mcp-servers';

test('an admin adds a server, its tools are called over MCP, and it is removed again', async () => {
  const url = await mcpServer();
  const server = await gateway();
  const added = await server.send(PATH, { key: ADMIN_KEY, body: { name: 'docs', server: { url, prefix: 'd_' } } });
  expect([added.status, await added.json()]).toMatchObject([200, { name: 'docs', transport: 'http', kept: true }]);
  await server.host.settled();
  const listed = await (await server.send(PATH, { key: ADMIN_KEY })).json();
  expect(listed).toMatchObject({ items: [{ name: 'docs', state: { kind: 'ready' }, tool_count: 2, origin: url }] });

  const client = await clientOf(server);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['d_broken', 'd_say']);
  expect(tools[1]).toMatchObject({ _meta: { own: 1 }, annotations: { readOnlyHint: true } });
  const said = await client.callTool({ name: 'd_say', arguments: {}, _meta: { mine: 2 } });
  expect(said).toMatchObject({ isError: true, content: [{ type: 'text', text: '{"mine":2}' }], _meta: { own: 3 } });
  await expect(client.callTool({ name: 'd_broken', arguments: {} })).rejects.toMatchObject({ code: -32_050 });

  const removed = await server.send(`${PATH}/docs`, { method: 'DELETE', key: ADMIN_KEY });
  expect([removed.status, await removed.json()]).toEqual([200, { removed: 'docs' }]);
  expect((await client.listTools()).tools).toEqual([]);
  expect((await server.send(`${PATH}/docs`, { method: 'DELETE', key: ADMIN_KEY })).status).toBe(404);
});

test('an agent key sees and adds no servers, and no key from elsewhere adds a process', async () => {
  const server = await gateway([{ name: BOOTSTRAP_ADMIN, role: 'admin', value: 'cap_admin_bootstrap' }]);
  expect((await server.send(PATH)).status).toBe(403);
  const body = { name: 'evil', server: { command: 'true' } };
  expect((await server.send(PATH, { body })).status).toBe(403);
  const refused = await server.send(PATH, { key: ADMIN_KEY, body });
  expect([refused.status, await refused.json()]).toMatchObject([403, { error: { code: 'CAPSTAN_FORBIDDEN' } }]);
  expect((await server.send(PATH, { key: 'cap_admin_bootstrap', body })).status).toBe(200);
});

test('a server that nobody can read is refused with what is wrong', async () => {
  const server = await gateway();
  const refused = await server.send(PATH, { key: ADMIN_KEY, body: { name: 'x', server: {} } });
  expect([refused.status, await refused.json()]).toMatchObject([400, { error: { code: 'CAPSTAN_INVALID_REQUEST' } }]);
});

async function gateway(
  more: readonly { readonly name: string; readonly role: 'admin'; readonly value: string }[] = [],
): Promise<ServerUnderTest> {
  const text = 'egress: { allow_private: [127.0.0.0/8] }\nworkspaces: { default: {} }\n';
  const { settings } = loadSettings({ path: 'capstan.yaml', text });
  if (settings === undefined) throw new Error('the settings of the test are wrong');
  const keys = [
    { name: 'agent', role: 'agent', value: AGENT_KEY } as const,
    { name: 'admin', role: 'admin', value: ADMIN_KEY } as const,
    ...more,
  ];
  return serverUnderTest({ hostOptions: { config: settings }, keys });
}

async function clientOf(server: ServerUnderTest): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${AGENT_KEY}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit }));
  onTestFinished(() => client.close());
  return client;
}

async function mcpServer(): Promise<string> {
  const handler = createMcpHandler(() => {
    const server = new Server({ name: 'docs', version: '1' }, { capabilities: { tools: {} } });
    const tool = (name: string) => ({
      name,
      inputSchema: { type: 'object' as const },
      annotations: { readOnlyHint: true },
      _meta: { own: 1 },
    });
    server.setRequestHandler('tools/list', () => ({ tools: [tool('say'), tool('broken')] }));
    server.setRequestHandler('tools/call', ({ params }, { mcpReq }) => {
      if (params.name === 'broken') throw Object.assign(new Error('broken'), { code: -32_050 });
      const { mine } = mcpReq._meta ?? {};
      return { content: [{ type: 'text', text: JSON.stringify({ mine }) }], isError: true, _meta: { own: 3 } };
    });
    return server;
  });
  const handle = toNodeHandler(handler);
  const http = createServer((request, response) => {
    void handle(request as Parameters<typeof handle>[0], response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    http.close();
    http.closeAllConnections();
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
}
