import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { AGENT_KEY, serverUnderTest, tool } from '../running-server.test.support.ts';
import { answerBadRequest } from './bad-request.ts';
import { createHttpServer } from './http-server.ts';

const KEYED = `Authorization: Bearer ${AGENT_KEY}\r\n`;
const JSON_BODY = 'Content-Type: application/json\r\nContent-Length: 4000000\r\n';

test.each([
  ['an unknown path', 'POST /nowhere', 404],
  ['an unknown path of MCP', 'POST /w/default/nothing', 404],
  ['a wrong method', 'PUT /v1/workspaces/default/tools', 404],
  ['a preflight', 'OPTIONS /v1/workspaces/default/invoke', 204],
  ['a probe', 'GET /healthz', 200],
  ['a call without a key', 'POST /v1/workspaces/default/invoke', 401],
  ['MCP without a key', 'POST /mcp', 401],
])('%s is answered before its body is there, and the connection ends', async (_name, line, status) => {
  const server = await serverUnderTest();
  const answer = await untilClosed(server.url, `${line} HTTP/1.1\r\nHost: localhost\r\n${JSON_BODY}\r\n{"a":`);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer.toLowerCase()).toContain('connection: close');
});

test('what is refused with a key keeps no connection with a body pending', async () => {
  const server = await serverUnderTest();
  for (const [line, status] of [
    ['POST /v1/workspaces/default/packs/x/enable', 403],
    ['POST /v1/workspaces/other/invoke', 404],
  ] as const) {
    const answer = await untilClosed(server.url, `${line} HTTP/1.1\r\nHost: localhost\r\n${KEYED}${JSON_BODY}\r\n{`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  }
  const large = `POST /v1/workspaces/default/invoke HTTP/1.1\r\nHost: localhost\r\n${KEYED}${JSON_BODY.replace('4', '9')}\r\n{`;
  expect(await untilClosed(server.url, large)).toMatch(/^HTTP\/1.1 413 /);
});

test('two hosts in one request are refused on every surface', async () => {
  const server = await serverUnderTest();
  for (const line of ['GET /healthz', 'GET /v1/workspaces/default/tools', 'POST /mcp']) {
    const body = line.startsWith('POST') ? 'Content-Type: application/json\r\nContent-Length: 2\r\n' : '';
    const head = `${line} HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\nConnection: close\r\n${KEYED}${body}\r\n`;
    expect(await untilClosed(server.url, body === '' ? head : `${head}{}`)).toMatch(/^HTTP\/1.1 400 /);
  }
});

test('a foreign page cannot read a probe', async () => {
  const server = await serverUnderTest();
  const foreign = await server.send('/healthz', { headers: { origin: 'https://evil.example' } });
  expect(foreign.status).toBe(200);
  expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  const own = await server.send('/healthz', { headers: { origin: 'http://localhost:6274' } });
  expect(own.headers.get('access-control-allow-origin')).toBe('http://localhost:6274');
});

test('a body with very many items beside an escaped key is read', async () => {
  const seen: unknown[] = [];
  const server = await serverUnderTest({
    tools: [tool('p.count', ({ list }) => void seen.push((list as readonly unknown[]).length))],
  });
  const list = Array.from({ length: 300_000 }, () => 1);
  const body = `{"arguments":{"\\u0061":1,"list":${JSON.stringify(list)}}}`;
  const response = await server.send('/v1/workspaces/default/tools/p.count/invoke', { body });
  expect(response.status).toBe(200);
  expect(seen).toEqual([300_000]);
});

test('names in a body are at most 256 characters long', async () => {
  const server = await serverUnderTest();
  for (const body of [{ name: 'a'.repeat(257) }, { name: 'a', connection: 'c'.repeat(257) }]) {
    expect((await server.send('/v1/workspaces/default/invoke', { body })).status).toBe(400);
  }
});

test('a request that does not end, and a head that does not, are given up; connections are counted', async () => {
  const server = createHttpServer(() => undefined, { headMs: 50, requestMs: 50, checkMs: 20, connections: 2 });
  server.on('clientError', (_error, socket) => answerBadRequest(socket as never));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const bound = server.address();
  const url = `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
  const [head, body] = await Promise.all([
    untilClosed(url, 'GET / HTTP/1.1\r\nHo'),
    untilClosed(url, `POST / HTTP/1.1\r\nHost: localhost\r\n${JSON_BODY}\r\n{`),
  ]);
  for (const answer of [head, body]) expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(server.maxConnections).toBe(2);
});

test('by default a server waits 15 seconds for a head and 60 for a request', () => {
  const { headersTimeout, requestTimeout, maxConnections } = createHttpServer(() => undefined);
  expect({ headersTimeout, requestTimeout, maxConnections }).toEqual({
    headersTimeout: 15_000,
    requestTimeout: 60_000,
    maxConnections: 4096,
  });
});

/** What a server says until it closes the connection. This side never does. */
function untilClosed(url: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
    let answer = '';
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.once('end', () => {
      resolve(answer);
      socket.destroy();
    });
    socket.once('error', () => resolve(answer));
    socket.write(text);
  });
}
