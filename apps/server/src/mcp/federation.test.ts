import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { loadSettings } from '@capstan/host';
import type { JsonObject } from '@capstan/sdk';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, onTestFinished, test } from 'vitest';
import { AGENT_KEY, type ServerUnderTest, serverUnderTest } from '../running-server.test.support.ts';

const bin = (name: string, path: string): string =>
  createRequire(import.meta.url).resolve(`@modelcontextprotocol/server-${name}/${path}`);
const node = (file: string, ...args: string[]): JsonObject => ({ command: process.execPath, args: [file, ...args] });

test('everything, filesystem and memory stand side by side, with tools, prompts and resources', async () => {
  const server = await gateway({
    everything: node(bin('everything', 'dist/index.js')),
    files: node(bin('filesystem', 'dist/index.js'), import.meta.dirname),
    memory: node(bin('memory', 'dist/index.js')),
  });
  const { client } = await clientOf(server);
  const names = (await client.listTools()).tools.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['echo', 'read_text_file', 'create_entities']));

  const echoed = await client.callTool({ name: 'echo', arguments: { message: 'hi' } });
  expect(echoed.content).toEqual([{ type: 'text', text: 'Echo: hi' }]);
  const read = await client.callTool({ name: 'list_directory', arguments: { path: import.meta.dirname } });
  expect(JSON.stringify(read.content)).toContain('federation.test.ts');

  const { prompts } = await client.listPrompts();
  expect(prompts.length).toBeGreaterThan(0);
  const { resources } = await client.listResources();
  const [first] = resources;
  const { contents } = await client.readResource({ uri: first?.uri ?? '' });
  expect(contents[0]).toMatchObject({ uri: first?.uri });
  expect(client.getServerCapabilities()).toMatchObject({ prompts: {}, resources: {}, logging: {} });
});

test('a question of a server behind the gateway reaches the client that called, whatever its revision', async () => {
  const server = await gateway({ everything: node(bin('everything', 'dist/index.js')) });
  for (const mode of ['legacy', { pin: '2026-07-28' }] as const) {
    const { client, asked } = await clientOf(server, mode);
    const result = await client.callTool({
      name: 'trigger-sampling-request',
      arguments: { prompt: 'p', maxTokens: 5 },
    });
    expect(JSON.stringify(result.content)).toContain('said by the client');
    expect(asked).toEqual(['sampling/createMessage']);
  }
});

test('a hung server keeps nobody from the others, and the port opens at once', async () => {
  const hung = createServer(() => undefined);
  await new Promise<void>((resolve) => hung.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    hung.closeAllConnections();
    hung.close();
  });
  const url = `http://127.0.0.1:${(hung.address() as AddressInfo).port}/mcp`;
  const server = await gateway({ hung: { url }, everything: node(bin('everything', 'dist/index.js')) }, 'everything');
  const { client } = await clientOf(server);
  expect((await client.callTool({ name: 'echo', arguments: { message: 'x' } })).isError).not.toBe(true);
  expect(server.host.mcpServers().find(({ name }) => name === 'hung')?.state).toEqual({ kind: 'connecting' });
});

async function gateway(servers: Readonly<Record<string, JsonObject>>, only?: string): Promise<ServerUnderTest> {
  const text = 'egress: { allow_private: [127.0.0.0/8] }\nworkspaces: { default: {} }\n';
  const { settings } = loadSettings({ path: 'capstan.yaml', text });
  if (settings === undefined) throw new Error('the settings of the test are wrong');
  const server = await serverUnderTest({
    hostOptions: { config: settings, environment: { PATH: process.env.PATH } },
    keys: [{ name: 'agent', role: 'agent', value: AGENT_KEY }],
  });
  for (const [name, declaration] of Object.entries(servers)) {
    await server.host.addMcpServer({ name, workspace: 'default', server: declaration });
  }
  if (only === undefined) await server.host.settled();
  else {
    const isReady = (): boolean =>
      server.host.mcpServers().some(({ name, state }) => name === only && state.kind === 'ready');
    await expect.poll(isReady, { timeout: 20_000 }).toBe(true);
  }
  return server;
}

async function clientOf(
  server: ServerUnderTest,
  mode: 'legacy' | { readonly pin: string } = 'legacy',
): Promise<{ readonly client: Client; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const client = new Client(
    { name: 'test', version: '1' },
    { capabilities: { sampling: {}, elicitation: { form: {} }, roots: {} }, versionNegotiation: { mode } },
  );
  client.setRequestHandler('sampling/createMessage', ({ method }) => {
    asked.push(method);
    return { model: 'm', role: 'assistant', content: { type: 'text', text: 'said by the client' } };
  });
  client.setRequestHandler('roots/list', () => ({ roots: [] }));
  const requestInit = { headers: { authorization: `Bearer ${AGENT_KEY}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit }));
  onTestFinished(() => client.close());
  return { client, asked };
}
