import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { HttpFailureKind } from './http-failure.ts';
import { failureOf, loopbackClient, post } from './loopback-client.test.support.ts';
import { httpAnswer, rawServer } from './raw-server.test.support.ts';
import type { HttpExchange } from './types.ts';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

interface Case {
  readonly what: string;
  readonly respond: (socket: Socket) => void;
  readonly exchange?: Partial<HttpExchange>;
  readonly kind: HttpFailureKind;
  readonly status?: number;
}

const CASES: readonly Case[] = [
  { what: 'the connection is closed instead of an answer', respond: (socket) => socket.end(), kind: 'reset' },
  { what: 'the connection is reset', respond: (socket) => socket.resetAndDestroy(), kind: 'reset' },
  {
    what: 'the answer has fewer bytes than announced',
    respond: (socket) => socket.end(`${HEAD}content-length: 100\r\n\r\n{"a":`),
    kind: 'truncated',
    status: 200,
  },
  {
    what: 'a chunked answer ends in the middle',
    respond: (socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n`),
    kind: 'truncated',
    status: 200,
  },
  {
    what: 'the connection is reset in the middle of the answer',
    respond: (socket) =>
      socket.write(`${HEAD}content-length: 100\r\n\r\n{"a":`, () => setTimeout(() => socket.resetAndDestroy(), 20)),
    kind: 'truncated',
    status: 200,
  },
  {
    what: 'a chunked answer on a closing connection ends in the middle',
    respond: (socket) => socket.end(`${HEAD}connection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n`),
    kind: 'truncated',
    status: 200,
  },
  { what: 'the answer is not HTTP', respond: (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'), kind: 'protocol' },
  {
    what: 'the answer has two different lengths',
    respond: (socket) => socket.end(`${HEAD}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`),
    kind: 'protocol',
  },
  {
    what: 'the headers are endless',
    respond: (socket) => socket.write(`${HEAD}x: ${'y'.repeat(40_000)}\r\n\r\n`),
    kind: 'protocol',
  },
  {
    what: 'the announced length is over the limit',
    respond: (socket) => socket.write(`${HEAD}content-length: 11\r\n\r\n`),
    exchange: { maxResponseBytes: 10 },
    kind: 'too_large',
    status: 200,
  },
  {
    what: 'an unannounced body goes over the limit',
    respond: (socket) => socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n6\r\n123456\r\n6\r\n123456\r\n`),
    exchange: { maxResponseBytes: 10 },
    kind: 'too_large',
    status: 200,
  },
  { what: 'no answer comes', respond: () => undefined, exchange: { timeoutMs: 500 }, kind: 'timeout' },
  {
    what: 'the body never ends',
    respond: (socket) => socket.write(`${HEAD}content-length: 100\r\n\r\n{`),
    exchange: { timeoutMs: 500 },
    kind: 'timeout',
    status: 200,
  },
  {
    what: 'the body drips, each byte in time',
    respond: (socket) => {
      socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`);
      const drip = setInterval(() => socket.write('1\r\n \r\n'), 10);
      socket.on('close', () => clearInterval(drip));
    },
    exchange: { timeoutMs: 500 },
    kind: 'timeout',
    status: 200,
  },
];

describe('every way to fail after sending has a kind, counts as sent, and leaves nothing behind', () => {
  test.each(CASES)('$what: $kind', async ({ respond, exchange, kind, status }) => {
    const server = await rawServer(respond);
    const client = loopbackClient();
    const { signal } = new AbortController();
    const failure = await failureOf(client.exchange(post(client, server.url, { ...exchange, signal })));
    expect([failure.kind, failure.sent, failure.status]).toEqual([kind, true, status]);
    expect(failure.message).toContain(server.url);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await expect.poll(() => client.openSockets()).toBe(0);
  });
});

test('a parser error does not keep the bytes that the service sent', async () => {
  const server = await rawServer((socket) => socket.end('nonsense with an echoed credential'));
  const client = loopbackClient();
  const failure = await failureOf(client.exchange(post(client, server.url)));
  expect(failure.kind).toBe('protocol');
  expect(failure.cause).not.toHaveProperty('data');
});

test('the default limit of an answer is 10 MiB, and one of just that length arrives', async () => {
  const limit = 10 * 1024 * 1024;
  let length = limit;
  const server = await rawServer((socket) => socket.write(httpAnswer(200, 'x'.repeat(length))));
  const client = loopbackClient();
  expect((await client.exchange(post(client, server.url))).body).toHaveLength(limit);
  length = limit + 1;
  expect((await failureOf(client.exchange(post(client, server.url)))).kind).toBe('too_large');
});

test('a port where nobody listens: refused, and nothing was sent', async () => {
  const server = await rawServer(() => undefined);
  await server.stop();
  const client = loopbackClient();
  const failure = await failureOf(client.exchange(post(client, server.url)));
  expect([failure.kind, failure.sent]).toEqual(['refused', false]);
  await expect.poll(() => client.openSockets()).toBe(0);
});

test('a name that does not resolve: dns, and nothing was sent', async () => {
  for (const code of ['ENOTFOUND', 'EAI_AGAIN']) {
    const client = loopbackClient({ lookup: async () => Promise.reject(Object.assign(new Error(code), { code })) });
    const failure = await failureOf(client.exchange(post(client, 'http://nowhere.example')));
    expect([failure.kind, failure.sent]).toEqual(['dns', false]);
  }
});

test('a name without any address: dns', async () => {
  const client = loopbackClient({ lookup: async () => [] });
  expect((await failureOf(client.exchange(post(client, 'http://nowhere.example')))).kind).toBe('dns');
});

test('a resolver that never answers: timeout, and nothing was sent', async () => {
  const client = loopbackClient({ lookup: () => new Promise(() => undefined) });
  const failure = await failureOf(client.exchange(post(client, 'http://slow.example', { timeoutMs: 50 })));
  expect([failure.kind, failure.sent]).toEqual(['timeout', false]);
  await expect.poll(() => client.openSockets()).toBe(0);
});
