// Sizes and times of one Capstan: lists, abandoned sessions, a hung server, thousands of tools.
import { once } from 'node:events';
import { Agent, createServer, request as requestOf } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog, startServer } from '../../apps/server/src/index.ts';
import { createHostGateway } from '../../apps/server/src/mcp/host-gateway.ts';
import { createHost, loadSettings } from '../../packages/host/src/index.ts';
import { callerInfo, createMcpHttp } from '../../packages/mcp/src/index.ts';

const KEY = 'cap_agent_benchmark';
const log = createLog({ level: 'error' });
const SESSIONS = 1000;
const SESSION_IDLE_MS = 6000;
const WORDS = ['invoice', 'customer', 'message', 'report', 'calendar', 'ticket', 'payment', 'contact', 'file', 'order'];
const VERBS = ['create', 'read', 'update', 'delete', 'list', 'search', 'send', 'export', 'archive', 'approve'];
const inputSchema = {
  type: 'object',
  required: ['text'],
  properties: { text: { type: 'string', description: 'What to answer' } },
};

const figures = {
  ...(await portWithHungServer()),
  ...(await listOf500()),
  ...(await abandonedSessions()),
  ...(await fiveThousandTools()),
};
process.send(figures);
process.on('disconnect', () => process.exit(0));

async function newHost() {
  const text = 'egress: { allow_private: [127.0.0.0/8] }\nworkspaces: { default: {} }\n';
  const { settings } = loadSettings({ path: 'capstan.yaml', text });
  return createHost({ config: settings, environment: {}, logger: log.logger });
}

function serve(host) {
  return startServer({ host, keys: [{ name: 'bench', role: 'agent', value: KEY }], listen: { port: 0 }, log });
}

async function portWithHungServer() {
  const hung = createServer(() => undefined);
  const url = await listen(hung);
  const start = performance.now();
  const host = await newHost();
  void host.addMcpServer({ name: 'hung', workspace: 'default', server: { url } });
  const server = await serve(host);
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.destroy();
  const port_ms = performance.now() - start;
  await server.close({ timeoutMs: 0 });
  await host.close({ timeoutMs: 0 });
  hung.closeAllConnections();
  hung.close();
  return { port_ms };
}

async function listOf500() {
  const host = await newHost();
  for (let n = 0; n < 500; n += 1) {
    const description = `Does the thing number ${n}, and says what came of it in a sentence of common length`;
    host.register({ id: `many.tool_${n}`, description, inputSchema, handler: (input) => ({ ...input }) });
  }
  const server = await serve(host);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times = [];
  for (let round = 0; round < 300; round += 1) {
    const start = performance.now();
    let cursor;
    let tools = 0;
    do {
      const text = await rpc(agent, server.url, 'tools/list', cursor === undefined ? {} : { cursor });
      if (round === 0) tools += JSON.parse(text).result.tools.length;
      cursor = /"nextCursor":"([^"]+)"/.exec(text)?.[1];
    } while (cursor !== undefined);
    if (round === 0 && tools !== 500) throw new Error(`${tools} tools instead of 500`);
    if (round >= 100) times.push(performance.now() - start);
  }
  agent.destroy();
  await server.close({ timeoutMs: 0 });
  await host.close({ timeoutMs: 0 });
  return { list_500_ms: median(times) };
}

async function abandonedSessions() {
  const host = await newHost();
  host.register({ id: 'bench.local', description: 'Answers', inputSchema, handler: (input) => ({ ...input }) });
  const sessions = { total: 2 * SESSIONS, perCaller: 2 * SESSIONS, idleMs: SESSION_IDLE_MS };
  const http = createMcpHttp({ gateway: createHostGateway(host), version: '1', sessions });
  // What is made once belongs to nobody.
  for (let n = 0; n < 20; n += 1) await openSession(http);
  const before = await heapBytes();
  const ids = [];
  const start = performance.now();
  for (let n = 0; n < SESSIONS; n += 1) ids.push(await openSession(http));
  if (performance.now() - start > SESSION_IDLE_MS / 2) throw new Error('the machine is too slow to hold the sessions');
  const held = (await heapBytes()) - before;
  await sleep(SESSION_IDLE_MS * 1.5);
  let left = 0;
  for (const id of ids) if ((await inSession(http, id, { method: 'tools/list' })).status !== 404) left += 1;
  await http.close();
  await host.close({ timeoutMs: 0 });
  return { session_kb: held / SESSIONS / 1024, sessions_left: left };
}

async function fiveThousandTools() {
  const tools = Array.from({ length: 5000 }, (_, n) => {
    const [verb, word] = [VERBS[n % 10], WORDS[Math.floor(n / 10) % 10]];
    return { name: `${verb}_${word}_${n}`, description: `Lets you ${verb} one ${word} of set ${n}`, inputSchema };
  });
  const upstream = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => answer(response, JSON.parse(Buffer.concat(chunks).toString() || '{}'), tools));
  });
  const url = await listen(upstream);
  const start = performance.now();
  const host = await newHost();
  await host.addMcpServer({ name: 'many', workspace: 'default', server: { url } });
  await host.settled();
  const { items } = host.listTools({ limit: 1000, search: 'invoice' });
  const ready_5000_ms = performance.now() - start;
  if (items.length === 0) throw new Error('the search finds nothing');
  const times = [];
  for (let n = 0; n < 500; n += 1) {
    const search = `${VERBS[n % 10]} ${WORDS[(n * 7) % 10]}`;
    const began = performance.now();
    host.listTools({ search, limit: 20 });
    if (n >= 100) times.push(performance.now() - began);
  }
  await host.close({ timeoutMs: 0 });
  upstream.closeAllConnections();
  upstream.close();
  return { ready_5000_ms, search_5000_ms: median(times) };
}

function answer(response, { id, method, params }, tools) {
  if (id === undefined) return response.writeHead(202).end();
  const known = {
    initialize: {
      protocolVersion: params?.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'many', version: '1' },
    },
    'tools/list': { tools },
  };
  const result = known[method];
  const reply = result === undefined ? { error: { code: -32601, message: 'Method not found' } } : { result };
  response.writeHead(200, { 'content-type': 'application/json' });
  return response.end(JSON.stringify({ jsonrpc: '2.0', id, ...reply }));
}

async function openSession(http) {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } };
  const response = await inSession(http, undefined, { method: 'initialize', params });
  const id = response.headers.get('mcp-session-id');
  await response.text();
  await inSession(http, id, { method: 'notifications/initialized' }, true);
  return id;
}

function inSession(http, session, message, isNotification = false) {
  const body = { jsonrpc: '2.0', ...message, ...(isNotification ? {} : { id: 1 }) };
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(session === undefined ? {} : { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' }),
  };
  const request = new Request('http://127.0.0.1/mcp', { method: 'POST', headers, body: JSON.stringify(body) });
  const caller = { workspace: 'default', principal: { id: 'key:bench', roles: ['agent'], permissions: [] } };
  return http.fetch(request, { authInfo: callerInfo(caller), parsedBody: body });
}

/** The text of an answer: what a client then makes of it is not ours to measure. */
async function rpc(agent, origin, method, params) {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } });
  const headers = {
    authorization: `Bearer ${KEY}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
  };
  const request = requestOf(`${origin}/mcp?compact=off`, { method: 'POST', headers, agent });
  request.end(body);
  const [response] = await once(request, 'response');
  const chunks = [];
  response.on('data', (chunk) => chunks.push(chunk));
  await once(response, 'end');
  return Buffer.concat(chunks).toString();
}

async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}/mcp`;
}

async function heapBytes() {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc();
    await sleep(20);
  }
  return process.memoryUsage().heapUsed;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
