import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHost, loadSettings } from '@capstan/host';
import type { McpMount } from '@capstan/mcp';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { fastify } from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mcpHandler } from './mcp-handler.ts';

const GUEST = 'guest-token';
const STAFF = 'staff-token';
const SECRET_TOOL = 'refund_order';

const SERVERS: readonly { readonly name: string; readonly mount: (mcp: McpMount) => Promise<string> }[] = [
  {
    name: 'node:http',
    mount: async (mcp) => {
      const server = createServer((request, response) => mcp(request, response));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => {
        server.closeAllConnections();
        server.close();
      });
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    },
  },
  {
    name: 'Fastify',
    mount: async (mcp) => {
      const app = fastify({ forceCloseConnections: true });
      app.all('/tools/mcp', (request, reply) => {
        reply.hijack();
        mcp(request.raw, reply.raw, request.body);
      });
      onTestFinished(() => app.close());
      return `${await app.listen({ port: 0, host: '127.0.0.1' })}/tools/mcp`;
    },
  },
];
const MODES = ['legacy', { pin: '2026-07-28' }] as const;

describe.each(SERVERS)("mounted in an application's $name server", ({ mount }) => {
  test.each(MODES)('three tools, the third behind its token, %o', async (mode) => {
    const url = await mount(await shop());
    const guest = await connect(url, GUEST, mode);
    const staff = await connect(url, STAFF, mode);
    expect(await namesOf(guest)).toEqual(['find_order', 'track_order']);
    expect(await namesOf(staff)).toEqual(['find_order', SECRET_TOOL, 'track_order']);
    for (const client of [guest, staff]) {
      const found = await client.callTool({ name: 'find_order', arguments: { id: 'o1' } });
      expect(found.structuredContent).toEqual({ order: 'o1' });
    }
    expect((await staff.callTool({ name: SECRET_TOOL, arguments: { id: 'o1' } })).structuredContent).toEqual({
      refunded: 'o1',
    });
    await expect(guest.callTool({ name: SECRET_TOOL, arguments: { id: 'o1' } })).rejects.toMatchObject({
      code: -32602,
    });
  });

  test('a stranger gets 401, and a body that is no JSON is answered in the words of JSON-RPC', async () => {
    const url = await mount(await shop());
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const stranger = await fetch(url, { method: 'POST', headers, body: list });
    expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    await expect(connect(url, 'made-up', 'legacy')).rejects.toThrow();
  });
});

test('bodies that are no JSON or too large are refused', async () => {
  const mcp = await shop({ bodyLimitBytes: 100 });
  const url = await (SERVERS[0]?.mount(mcp) ?? Promise.reject(new Error('no server')));
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${GUEST}` };
  for (const [body, status, code] of [
    ['{', 400, -32700],
    ['x'.repeat(101), 413, -32600],
  ] as const) {
    const answer = await fetch(url, { method: 'POST', headers, body });
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }]);
  }
});

/** Two tools for everybody, and one for the staff. */
async function shop(options: { readonly bodyLimitBytes?: number } = {}): Promise<McpMount> {
  const text = 'version: 1\nworkspaces: { shop: {}, staff: {} }\n';
  const { settings } = loadSettings({ path: 'capstan.yaml', text });
  if (settings === undefined) throw new Error('the settings of the test do not load');
  const host = await createHost({ config: settings, environment: {} });
  const inputSchema = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } };
  host.register({
    id: 'shop.find_order',
    description: 'Finds an order',
    inputSchema,
    handler: (input) => ({ order: String(Reflect.get(input, 'id')) }),
  });
  host.register({ id: 'shop.track_order', description: 'Says where an order is', inputSchema, handler: () => null });
  host.register({
    id: `shop.${SECRET_TOOL}`,
    description: 'Gives the money back',
    inputSchema,
    workspaces: ['staff'],
    handler: (input) => ({ refunded: String(Reflect.get(input, 'id')) }),
  });
  const mcp = mcpHandler(host, { authenticate, ...options });
  onTestFinished(async () => {
    await mcp.close();
    await host.close();
  });
  return mcp;
}

function authenticate({ headers }: IncomingMessage) {
  const workspace = { [`Bearer ${GUEST}`]: 'shop', [`Bearer ${STAFF}`]: 'staff' }[headers.authorization ?? ''];
  if (workspace === undefined) return undefined;
  return { workspace, principal: { id: `user:${workspace}`, roles: ['agent'], permissions: [] } };
}

async function connect(url: string, token: string, mode: (typeof MODES)[number]): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  onTestFinished(() => client.close());
  return client;
}

async function namesOf(client: Client): Promise<readonly string[]> {
  return (await client.listTools()).tools.map(({ name }) => name);
}
