import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { memoryEnablement } from '../state/enablement-keeper.ts';
import { mcpService } from '../test-kit/mcp-service.ts';
import { hostOn } from '../test-kit/test-host.ts';

const EVERYTHING = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js');
const LOOPBACK = 'egress: { allow_private: [127.0.0.0/8] }\nworkspaces: { default: {}, other: {} }\n';

test('tools of a server are loaded while the host runs, and go again', async () => {
  const service = await mcpService();
  const { host, records } = await hostOn({ 'capstan.yaml': LOOPBACK });
  const revisions: number[] = [];
  host.on('catalog:changed', ({ revision }) => revisions.push(revision));
  const unload = await host.loadMcpTools({ serverUrl: service.url, toolPrefix: 'x_', authToken: 'secret' });
  const names = host.listTools().items.map(({ exposedName }) => exposedName);
  expect(names).toEqual(['x_breaks', 'x_echo', 'x_fails']);
  const outcome = await host.invoke({ tool: 'mcp_1.x_echo', arguments: { a: 'b' } });
  expect(outcome).toMatchObject({ status: 'succeeded', result: { value: { name: 'echo', arguments: { a: 'b' } } } });
  expect(new Set(service.authorizations)).toEqual(new Set(['Bearer secret']));
  expect(records[0]).toMatchObject({ tool: 'mcp_1.x_echo', status: 'succeeded' });
  unload();
  expect(host.listTools().items).toEqual([]);
  expect(revisions).toHaveLength(2);
});

test('a failed tool is a failed call with what the tool said, and a protocol error keeps its code', async () => {
  const service = await mcpService();
  const { host } = await hostOn({ 'capstan.yaml': LOOPBACK });
  await host.loadMcpTools({ serverUrl: service.url });
  const failed = await host.invoke({ tool: 'fails' });
  expect(failed).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_REMOTE_REFUSED', message: 'the tool failed: fails' },
    result: { verbatim: { isError: true, content: [{ type: 'text', text: 'fails' }] } },
  });
  const broken = await host.invoke({ tool: 'breaks' });
  expect(broken).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_REMOTE_REFUSED' } });
  expect(await host.invoke({ tool: 'echo', arguments: { a: 1 } })).toMatchObject({
    error: { code: 'CAPSTAN_INVALID_ARGUMENTS' },
  });
});

test('hints of a server decide nothing, unless the operator believes them', async () => {
  const service = await mcpService(['echo']);
  const { host } = await hostOn({ 'capstan.yaml': LOOPBACK });
  await host.addMcpServer({ name: 'doubted', workspace: 'default', server: { url: service.url } });
  const server = { url: service.url, trust_annotations: true };
  await host.addMcpServer({ name: 'believed', workspace: 'default', server });
  await host.settled();
  expect(host.findTool('doubted.echo')?.definition.annotations).toEqual({});
  expect(host.findTool('doubted.echo')?.definition.verbatim).toMatchObject({ annotations: { readOnlyHint: true } });
  expect(host.findTool('believed.echo')?.definition.annotations).toEqual({ readOnly: true });
});

test('an added server stays, in its workspace alone, until it is removed', async () => {
  const service = await mcpService(['echo']);
  const enablement = memoryEnablement();
  const first = await hostOn({ 'capstan.yaml': LOOPBACK }, { enablement });
  await first.host.addMcpServer({ name: 'my-server', workspace: 'other', server: { url: service.url, prefix: 'p_' } });
  await first.host.close();
  const { host } = await hostOn({ 'capstan.yaml': LOOPBACK }, { enablement });
  await host.settled();
  expect(host.listTools().items).toEqual([]);
  expect(host.findTool('p_echo', { workspace: 'other' })?.definition.id).toBe('my_server.p_echo');
  expect(host.mcpServers('other')).toEqual([
    {
      name: 'my-server',
      workspace: 'other',
      origin: service.url,
      transport: 'http',
      state: { kind: 'ready' },
      toolCount: 1,
      isKept: true,
    },
  ]);
  expect(host.packs('other')).toMatchObject([{ code: 'my_server', version: '3.2.1', state: { kind: 'ready' } }]);
  await expect(
    host.addMcpServer({ name: 'my_server', workspace: 'other', server: { url: service.url } }),
  ).rejects.toMatchObject({ code: 'CAPSTAN_CONFLICT' });
  await host.removeMcpServer('my-server', 'other');
  expect(host.mcpServers('other')).toEqual([]);
  await expect(host.removeMcpServer('my-server', 'other')).rejects.toMatchObject({ code: 'CAPSTAN_NOT_FOUND' });
  expect(enablement.load().mcpServers).toBeUndefined();
});

test('a call that is under way ends on the server that is removed meanwhile', async () => {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const service = await mcpService(['waits'], () => {
    reached.resolve();
    return released.promise;
  });
  const { host } = await hostOn({ 'capstan.yaml': LOOPBACK });
  await host.addMcpServer({ name: 'slow', workspace: 'default', server: { url: service.url } });
  await host.settled();
  const underWay = host.invoke({ tool: 'slow.waits' });
  await reached.promise;
  await host.removeMcpServer('slow');
  expect((await host.invoke({ tool: 'slow.waits' })).status).toBe('failed');
  released.resolve();
  expect(await underWay).toMatchObject({ status: 'succeeded' });
});

test('a wrong declaration, a taken name and an unset variable are refused or named', async () => {
  const { host } = await hostOn({ 'capstan.yaml': LOOPBACK });
  const add = (name: string, server: Record<string, string>) =>
    host.addMcpServer({ name, workspace: 'default', server });
  await expect(add('no name', { url: 'https://a.example' })).rejects.toMatchObject({ code: 'CAPSTAN_INVALID_REQUEST' });
  await expect(add('a', {})).rejects.toThrow('the MCP server a needs exactly one of "url" and "command"');
  const unset = await add('b', { url: 'https://a.example', token: '${NOT_SET}' });
  expect(unset.state).toMatchObject({ kind: 'degraded', reason: { code: 'CAPSTAN_UNRESOLVED_REFERENCE' } });
});

test('a private address is reached only where the operator allows it', async () => {
  const service = await mcpService();
  const { host } = await hostOn({ 'capstan.yaml': 'workspaces: { default: {} }\n' });
  await host.loadMcpTools({ serverUrl: service.url });
  expect(host.mcpServers()[0]?.state).toMatchObject({ kind: 'degraded', reason: { code: 'CAPSTAN_EGRESS_DENIED' } });
});

test('a hung server holds up nothing: the host stands, and closes, without it', async () => {
  const hung = createServer(() => undefined);
  await new Promise<void>((resolve) => hung.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    hung.close();
    hung.closeAllConnections();
  });
  const enablement = memoryEnablement();
  const url = `http://127.0.0.1:${(hung.address() as AddressInfo).port}/mcp`;
  enablement.save({ workspaces: {}, mcpServers: { default: { hung: { url } } } });
  const { host } = await hostOn({ 'capstan.yaml': LOOPBACK }, { enablement });
  expect(host.mcpServers()[0]?.state).toEqual({ kind: 'connecting' });
  expect(host.packs()).toMatchObject([{ code: 'hung', state: { kind: 'connecting' } }]);
  await host.close();
});

const PACK = (url: string) => `code: bridge
display_name: Bridge
version: 1.0.0
description: A pack with an MCP server
config: { schema: [{ name: mcp_url, type: string, default: "${url}" }, { name: mcp_token, type: string, secret: true, default: t0ken }] }
mcp_servers:
  main: { url: "\${config.mcp_url}", token: "\${config.mcp_token}" }
tools:
  - { name: say, description: Says it, mcp: { server: main, tool: echo }, input_schema: { type: object, required: [a] } }
`;
const WITH_PACK = `egress: { allow_private: [127.0.0.0/8] }
packs: { bridge: { from: ./bridge } }
workspaces: { default: { packs: [bridge] } }
`;

test('a pack brings the tools of its server, and names some of them itself', async () => {
  const service = await mcpService();
  const { host } = await hostOn({ 'capstan.yaml': WITH_PACK, 'bridge/manifest.yaml': PACK(service.url) });
  expect(host.packs()).toMatchObject([{ code: 'bridge', state: { kind: 'connecting' } }]);
  // A call waits for the first answer of the server.
  expect(await host.invoke({ tool: 'say', arguments: { a: 'b' } })).toMatchObject({
    status: 'succeeded',
    result: { value: { name: 'echo', arguments: { a: 'b' } } },
  });
  await host.settled();
  expect(host.listTools().items.map(({ definition }) => definition.id)).toEqual([
    'bridge.breaks',
    'bridge.fails',
    'bridge.say',
  ]);
  expect(new Set(service.authorizations)).toEqual(new Set(['Bearer t0ken']));
  expect(host.packs()).toMatchObject([{ code: 'bridge', state: { kind: 'ready' } }]);
});

test('a server that goes away shows in the pack, in its tools and in what an MCP client lists', async () => {
  const service = await mcpService();
  const { host } = await hostOn({ 'capstan.yaml': WITH_PACK, 'bridge/manifest.yaml': PACK(service.url) });
  await host.settled();
  await service.stop();
  await expect.poll(() => host.packs()[0]?.state.kind).toBe('degraded');
  expect(host.findTool('bridge.fails')?.state).toMatchObject({ kind: 'degraded' });
  expect(host.findTool('bridge.fails')?.definition.verbatim).toMatchObject({
    _meta: { 'capstan/state': { kind: 'degraded' } },
  });
  expect(await host.invoke({ tool: 'say', arguments: { a: 'b' } })).toMatchObject({
    error: { code: 'CAPSTAN_REMOTE_UNREACHABLE', retriable: true },
  });
  await service.restart();
  await expect.poll(() => host.packs()[0]?.state.kind, { timeout: 10_000 }).toBe('ready');
  expect(host.findTool('bridge.fails')?.definition.verbatim).not.toHaveProperty('_meta');
});

test('a pack that starts a process needs the trust of the operator', async () => {
  const manifest = `code: local
display_name: Local
version: 1.0.0
description: A pack with a process
mcp_servers: { everything: { command: ${JSON.stringify(process.execPath)}, args: [${JSON.stringify(EVERYTHING)}] } }
tools: []
`;
  const settings = (trust: string) =>
    `packs: { local: { from: ./local${trust} } }\nworkspaces: { default: { packs: [local] } }\n`;
  const doubted = await hostOn({ 'capstan.yaml': settings(''), 'local/manifest.yaml': manifest });
  expect(doubted.host.packs()).toMatchObject([
    { state: { kind: 'rejected', error: { code: 'CAPSTAN_PACK_UNTRUSTED' } } },
  ]);
  const trusted = await hostOn({ 'capstan.yaml': settings(', trust: in_process'), 'local/manifest.yaml': manifest });
  await trusted.host.settled();
  expect(await trusted.host.invoke({ tool: 'echo', arguments: { message: 'hi' } })).toMatchObject({
    status: 'succeeded',
    result: { value: 'Echo: hi' },
  });
});
