import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { createTestHost } from '@capstan/testing';
import { expect, onTestFinished, test } from 'vitest';

const MANIFEST = readFileSync(new URL('../manifest.yaml', import.meta.url), 'utf8');

/**
 * The pack as it is, but for how its servers are fetched: the same versions out of node_modules, so that no test asks a
 * registry.
 */
function packWithServersOfThisMachine(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'capstan-mcp-pack-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const text = MANIFEST.replace('ui_schema: ./ui_schema.json\n', '')
    .replaceAll('command: npx', `command: ${JSON.stringify(process.execPath)}`)
    .replaceAll(/"-y", "(@modelcontextprotocol\/[a-z-]+)@([0-9.]+)"/g, (_all, name: string, version: string) =>
      JSON.stringify(scriptOf(name, version)),
    );
  expect(text).not.toContain('npx');
  writeFileSync(join(folder, 'manifest.yaml'), text);
  return folder;
}

function scriptOf(name: string, version: string): string {
  const path = createRequire(import.meta.url).resolve(`${name}/package.json`);
  const content = JSON.parse(readFileSync(path, 'utf8'));
  expect(content.version).toBe(version);
  return join(dirname(path), String(Object.values(content.bin)[0]));
}

test('the reference servers for files and memory run, each with its prefix', async () => {
  const folder = packWithServersOfThisMachine();
  writeFileSync(join(folder, 'hello.txt'), 'hello from the folder');
  const memoryFile = join(folder, 'memory.jsonl');
  const host = await createTestHost({
    packs: { mcp_servers: folder },
    config: { mcp_servers: { folder, memory_file: memoryFile } },
    environment: process.env,
  });
  onTestFinished(() => host.close({ timeoutMs: 500 }));
  await host.settled();
  expect(host.packs().find(({ code }) => code === 'mcp_servers')?.state).toEqual({ kind: 'ready' });
  const names = host.listTools({ limit: 100 }).items.map(({ exposedName }) => exposedName);
  expect(names).toEqual(expect.arrayContaining(['fs_read_text_file', 'memory_create_entities']));
  const read = await host.invoke({ tool: 'fs_read_text_file', arguments: { path: join(folder, 'hello.txt') } });
  expect(JSON.stringify(read)).toContain('hello from the folder');
  const entities = [{ name: 'Ada', entityType: 'person', observations: ['likes engines'] }];
  expect((await host.invoke({ tool: 'memory_create_entities', arguments: { entities } })).status).toBe('succeeded');
  expect(readFileSync(memoryFile, 'utf8')).toContain('likes engines');
});

test('the server that has everything is mounted over HTTP, and its tools answer', async () => {
  const script = scriptOf('@modelcontextprotocol/server-everything', '2026.8.31');
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const child = spawn(process.execPath, [script, 'streamableHttp'], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stderr })) if (line.includes(String(port))) break;
  const folder = packWithServersOfThisMachine();
  const host = await createTestHost({
    packs: { mcp_servers: folder },
    config: { mcp_servers: { folder, memory_file: join(folder, 'memory.jsonl') } },
    connections: [
      {
        id: 'everything',
        pack: 'mcp_servers',
        tool_type: 'everything',
        connection_type: 'mcp',
        remote_cluster_url: `http://127.0.0.1:${port}/mcp`,
        config: { tool_prefix: 'all_' },
      },
    ],
    environment: process.env,
  });
  onTestFinished(() => host.close({ timeoutMs: 500 }));
  await host.settled();
  const echoed = await host.invoke({ tool: 'all_echo', arguments: { message: 'hello' } });
  expect(JSON.stringify(echoed)).toContain('Echo: hello');
});

test('a connection mounts a server over HTTP, with its prefix and its token', async () => {
  const heard: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    heard.push(String(request.headers.authorization));
    const { id, method } = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
    const results: Readonly<Record<string, object>> = {
      initialize: {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'docs', version: '1' },
      },
      'tools/list': { tools: [{ name: 'search', inputSchema: { type: 'object' } }] },
      'tools/call': { content: [{ type: 'text', text: 'found' }] },
    };
    const result = results[method];
    if (request.method !== 'POST') response.writeHead(405).end();
    else if (id === undefined) response.writeHead(202).end();
    else {
      const answer = result ? { result } : { error: { code: -32601, message: 'Method not found' } };
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const folder = packWithServersOfThisMachine();
  const host = await createTestHost({
    packs: { mcp_servers: folder },
    config: { mcp_servers: { folder, memory_file: join(folder, 'memory.jsonl') } },
    connections: [
      {
        id: 'docs',
        pack: 'mcp_servers',
        tool_type: 'docs',
        connection_type: 'mcp',
        remote_cluster_url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/mcp`,
        auth: { type: 'bearer', token: 'a-token-of-the-test' },
        config: { tool_prefix: 'docs_' },
      },
    ],
    environment: process.env,
  });
  onTestFinished(() => host.close({ timeoutMs: 500 }));
  await host.settled();
  const outcome = await host.invoke({ tool: 'docs_search', arguments: {} });
  expect(JSON.stringify(outcome)).toContain('found');
  expect(new Set(heard)).toEqual(new Set(['Bearer a-token-of-the-test']));
});
