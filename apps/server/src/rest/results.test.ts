import { CapstanError } from '@capstan/sdk';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, onTestFinished, test } from 'vitest';
import {
  ADMIN_KEY,
  AGENT_KEY,
  OTHER_KEY,
  type ServerUnderTest,
  serverUnderTest,
} from '../running-server.test.support.ts';

const BASE = '/v1/workspaces/default';
const BIG = { text: 'x'.repeat(2 * 1024 * 1024) };

const down = (): never => {
  throw new CapstanError('CAPSTAN_REMOTE_UNAVAILABLE', 'The service is down.');
};

function serverWithTools(): Promise<ServerUnderTest> {
  return serverUnderTest({
    tools: [
      { id: 'shop.big', description: 'Gives much', handler: () => BIG },
      { id: 'shop.best', description: 'Fails', fallback: 'shop.plain', handler: down },
      { id: 'shop.plain', description: 'Answers', handler: () => ({ plain: true }) },
      {
        id: 'shop.broken',
        description: 'Fails',
        breaker: { failureThreshold: 1, recoveryTimeoutMs: 60_000, successThreshold: 1 },
        handler: down,
      },
    ],
  });
}

async function mcpClient({ url }: ServerUnderTest): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  const requestInit = { headers: { authorization: `Bearer ${AGENT_KEY}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit }));
  onTestFinished(() => client.close());
  return client;
}

test('a large result comes as a reference, and all of it from its own route, in its own workspace alone', async () => {
  const server = await serverWithTools();
  const reply = await server.send(`${BASE}/tools/big/invoke`, { body: { arguments: {} } });
  const text = await reply.text();
  expect(text.length).toBeLessThan(8_000);
  const { result, content } = JSON.parse(text);
  expect(result).toMatchObject({ stored_result: { bytes: 2 * 1024 * 1024 + 11 }, preview: expect.any(String) });
  expect(content).toHaveLength(2);
  const { href } = result.stored_result;
  expect(await (await server.send(href)).json()).toEqual(BIG);
  expect((await server.send(href, { key: OTHER_KEY })).status).toBe(404);
  const elsewhere = await server.send(href.replace('/default/', '/other/'), { key: OTHER_KEY });
  expect(elsewhere.status).toBe(404);
  expect(await elsewhere.json()).toMatchObject({ error: { code: 'CAPSTAN_NOT_FOUND' } });
});

test('over MCP a large result is a preview and a link', async () => {
  const client = await mcpClient(await serverWithTools());
  const { content, structuredContent } = await client.callTool({ name: 'big', arguments: {} });
  expect(content).toMatchObject([
    { type: 'text', text: expect.stringContaining('It begins:') },
    { type: 'resource_link', uri: expect.stringMatching(/^capstan:\/\/workspaces\/default\/results\/res_/) },
  ]);
  expect(JSON.stringify(structuredContent).length).toBeLessThan(4_000);
});

test('what stood in for a tool is told over REST and MCP', async () => {
  const server = await serverWithTools();
  const outcome = await (await server.send(`${BASE}/tools/best/invoke`, { body: { arguments: {} } })).json();
  const told = {
    kind: 'tool',
    tool: 'shop.plain',
    execution_id: expect.stringMatching(/^exe_/),
    instead_of: { code: 'CAPSTAN_REMOTE_UNAVAILABLE', message: 'The service is down.' },
  };
  expect(outcome).toMatchObject({ status: 'succeeded', result: { plain: true }, fallback: told });
  const client = await mcpClient(server);
  const { _meta } = await client.callTool({ name: 'best', arguments: {} });
  expect(_meta).toMatchObject({ 'capstan/fallback': told });
  expect(await (await server.send(`${BASE}/tools/best`)).json()).toMatchObject({
    policy: {
      fallback: 'shop.plain',
      retry: { max_retries: 3 },
      breaker: { failure_threshold: 5 },
    },
  });
});

test('during an outage one request says what is broken, since when, and when it is tried again', async () => {
  const server = await serverWithTools();
  for (let count = 0; count < 3; count += 1)
    await server.send(`${BASE}/tools/broken/invoke`, { body: { arguments: {} } });
  const circuits = await (await server.send(`${BASE}/circuits`, { key: ADMIN_KEY })).json();
  expect(circuits).toMatchObject({
    items: [
      {
        endpoint: 'tool:default/shop.broken',
        state: 'open',
        since: expect.any(String),
        retry_at: expect.any(String),
        reason: 'CAPSTAN_REMOTE_UNAVAILABLE',
        counters: { calls: 1, failures: 1, rejected: 2, retries: 0, retries_refused: 0 },
        last_failure: { reason: 'CAPSTAN_REMOTE_UNAVAILABLE' },
      },
    ],
  });
});
