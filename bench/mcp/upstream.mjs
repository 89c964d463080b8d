// The echo server behind everything: MCP 2025-11-25 and 2026-07-28 over HTTP and stdio, and the remote tool contract.
// Written by hand, so that its own cost is as small as can be.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

const MODERN = '2026-07-28';
const INFO = { name: 'echo', version: '1.0.0' };
const TOOL = {
  name: 'echo',
  description: 'Answers what it was asked',
  inputSchema: {
    type: 'object',
    properties: { text: { type: 'string' } },
    required: ['text'],
    additionalProperties: false,
  },
};

function answer({ id, method, params }) {
  const isModern = params?._meta?.['io.modelcontextprotocol/protocolVersion'] === MODERN;
  const result = resultOf(method, params, isModern);
  if (result === undefined) return { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } };
  return { jsonrpc: '2.0', id, result: isModern ? { ...result, resultType: 'complete' } : result };
}

function resultOf(method, params, isModern) {
  if (method === 'tools/call') return { content: [{ type: 'text', text: params.arguments.text }] };
  if (method === 'tools/list') return { tools: [TOOL], ...(isModern ? { ttlMs: 0, cacheScope: 'private' } : {}) };
  if (method === 'initialize') {
    // Whatever its client speaks: the peers are of different ages.
    return { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: INFO };
  }
  if (method === 'server/discover' && isModern) {
    return { supportedVersions: [MODERN], capabilities: { tools: {} }, serverInfo: INFO };
  }
  return method === 'ping' ? {} : undefined;
}

function overStdio() {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const message = JSON.parse(line);
    if (message.id !== undefined && message.method !== undefined) {
      process.stdout.write(`${JSON.stringify(answer(message))}\n`);
    }
  });
}

function overHttp() {
  let calls = 0;
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(request.method === 'DELETE' ? 200 : 405).end();
      return;
    }
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const message = JSON.parse(chunks.length === 1 ? chunks[0].toString() : Buffer.concat(chunks).toString());
      if (request.url.startsWith('/v1/')) {
        calls += 1;
        send(response, { success: true, result: { text: message.text }, timestamp: '2026-01-01T00:00:00Z' });
        return;
      }
      if (message.id === undefined) {
        response.writeHead(202).end();
        return;
      }
      if (message.method === 'tools/call') calls += 1;
      send(response, answer(message), message.method === 'initialize' ? { 'mcp-session-id': randomUUID() } : undefined);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
  process.on('message', () => process.send({ calls }));
}

function send(response, value, headers) {
  const body = JSON.stringify(value);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

if (process.argv.includes('--stdio')) overStdio();
else {
  overHttp();
  process.on('disconnect', () => process.exit(0));
}
