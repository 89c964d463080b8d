import { createSecret, MASK } from '@capstan/schema';
import { expect, test } from 'vitest';
import { failureOf, loopbackClient, post } from './loopback-client.test.support.ts';
import { httpAnswer, rawServer } from './raw-server.test.support.ts';
import type { OutgoingRequest } from './types.ts';

test('an exchange gives status, headers and the whole body, and sends exactly what it was told', async () => {
  const server = await rawServer((socket) => socket.write(httpAnswer(418, '{"a":1}', { 'X-Kind': 'Tea' })));
  const client = loopbackClient();
  const answer = await client.exchange(
    post(client, `${server.url}/base/`, { path: '/x?y=1', headers: ['Content-Type', 'application/json', 'X-B', 'b'] }),
  );
  expect(answer.status).toBe(418);
  expect(answer.headers['x-kind']).toBe('Tea');
  expect(answer.body.toString()).toBe('{"a":1}');
  expect(server.requests).toEqual([
    `POST /base/x?y=1 HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nconnection: keep-alive\r\n` +
      'Content-Type: application/json\r\nX-B: b\r\ncontent-length: 2\r\n\r\n{}',
  ]);
});

test('headers may be an object as well', async () => {
  const server = await rawServer((socket) => socket.write(httpAnswer(200, '{}')));
  const client = loopbackClient();
  await client.exchange(post(client, server.url, { headers: { 'x-one': '1', 'x-two': '2' } }));
  expect(server.requests[0]).toContain('\r\nx-one: 1\r\nx-two: 2\r\n');
});

test('connections are kept: many exchanges one after the other need no more than two', async () => {
  const server = await rawServer((socket) => socket.write(httpAnswer(200, '{}')));
  const client = loopbackClient();
  for (let count = 0; count < 50; count += 1) await client.exchange(post(client, server.url));
  expect(server.requests).toHaveLength(50);
  expect(server.connections()).toBeLessThanOrEqual(2);
});

test('a pool has no more connections than it may, and the rest wait their turn', async () => {
  const server = await rawServer((socket) => setTimeout(() => socket.write(httpAnswer(200, '{}')), 5));
  const client = loopbackClient({ connectionsPerOrigin: 3 });
  const answers = await Promise.all(Array.from({ length: 12 }, () => client.exchange(post(client, server.url))));
  expect(answers).toHaveLength(12);
  expect(server.connections()).toBe(3);
  expect(client.openSockets()).toBe(3);
});

test('a redirect is an answer: nobody follows it', async () => {
  const server = await rawServer((socket) => socket.write(httpAnswer(302, '', { location: 'http://127.0.0.1:1/' })));
  const client = loopbackClient();
  const answer = await client.exchange(post(client, server.url, { headers: ['Authorization', 'Bearer t'] }));
  expect(answer.status).toBe(302);
  expect(server.requests).toHaveLength(1);
});

test('informational answers before the real one are passed over', async () => {
  const server = await rawServer((socket) =>
    socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${httpAnswer(200, '{"real":true}')}`),
  );
  const client = loopbackClient();
  const answer = await client.exchange(post(client, server.url));
  expect([answer.status, answer.body.toString(), answer.headers.link]).toEqual([200, '{"real":true}', undefined]);
});

test.each([
  ['a line break', ['X-A', 'one\r\nX-Injected: two']],
  ['a lone line feed', ['X-A', 'one\ntwo']],
  ['a NUL', ['X-A', 'one\0two']],
  ['a line break in a name', ['X-A\r\nX-B', 'one']],
  ['a host header', ['HOST', 'other.example']],
  ['a transfer coding', ['Transfer-Encoding', 'chunked']],
  ['another length', ['Content-Length', '1']],
])('%s in the headers is refused before anything is sent', async (_what, headers) => {
  const server = await rawServer((socket) => socket.write(httpAnswer(200, '{}')));
  const client = loopbackClient();
  const failure = await failureOf(client.exchange(post(client, server.url, { headers })));
  expect([failure.kind, failure.sent]).toEqual(['invalid_request', false]);
  expect(server.requests).toEqual([]);
});

test.each(['//evil.example/x y', '/a\r\nX: y', 'x', 'http://evil.example/'])('the path %j is refused', async (path) => {
  const client = loopbackClient();
  const failure = await failureOf(client.exchange(post(client, 'http://127.0.0.1:1', { path })));
  expect([failure.kind, failure.sent]).toEqual(['invalid_request', false]);
});

test('the hook sees every request, and no credential', async () => {
  const server = await rawServer((socket) => socket.write(httpAnswer(200, '{}')));
  const lines: OutgoingRequest[] = [];
  const client = loopbackClient({ onRequest: (line) => lines.push(line) });
  const secret = createSecret('tok/en+0123456789');
  await client.exchange(
    post(client, server.url, {
      path: `/x?k=${encodeURIComponent('tok/en+0123456789')}`,
      headers: [
        'Authorization',
        'Bearer abc',
        'X-Api-Key',
        'abc',
        'Cookie',
        'a=b',
        'X-Note',
        'has tok/en+0123456789 in it',
      ],
      body: 'häh',
    }),
  );
  expect(lines).toEqual([
    {
      method: 'POST',
      url: `${server.url}/x?k=${MASK}`,
      headers: { authorization: MASK, 'x-api-key': MASK, cookie: MASK, 'x-note': `has ${MASK} in it` },
      bodyBytes: 4,
    },
  ]);
  expect(String(secret)).toBe(MASK);
});

test('closing waits for what is under way, and takes no more', async () => {
  const server = await rawServer((socket) => setTimeout(() => socket.write(httpAnswer(200, '{"late":1}')), 30));
  const client = loopbackClient();
  const running = client.exchange(post(client, server.url));
  const closing = client.close();
  const refused = await failureOf(client.exchange(post(client, server.url)));
  expect([refused.kind, refused.sent]).toEqual(['closed', false]);
  expect((await running).body.toString()).toBe('{"late":1}');
  await closing;
  expect(client.openSockets()).toBe(0);
});

test('closing cuts off what does not end in the grace time', async () => {
  const server = await rawServer(() => undefined);
  const client = loopbackClient({ connectionsPerOrigin: 1 });
  const running = failureOf(client.exchange(post(client, server.url)));
  const waiting = failureOf(client.exchange(post(client, server.url)));
  await expect.poll(() => server.requests.length).toBe(1);
  await client.close(10);
  expect([(await running).kind, (await running).sent]).toEqual(['closed', true]);
  expect([(await waiting).kind, (await waiting).sent]).toEqual(['closed', false]);
  expect(client.openSockets()).toBe(0);
});
