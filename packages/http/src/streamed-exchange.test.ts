import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { loopbackClient } from './loopback-client.test.support.ts';
import type { HttpClient, HttpStream } from './types.ts';

test('chunks arrive while the answer is still being written, and the end is told once', async () => {
  const next = Promise.withResolvers<void>();
  const url = await serverOf(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
    await next.promise;
    response.end('data: 2\n\n');
  });
  const reading = read(loopbackClient(), url);
  await reading.until((events) => events.includes('data: 1\n\n'));
  next.resolve();
  await reading.over;
  expect(reading.events).toEqual(['head 200', 'data: 1\n\n', 'data: 2\n\n', 'end']);
});

test('aborting drops the connection, and the reader hears nothing more', async () => {
  const gone = Promise.withResolvers<void>();
  const url = await serverOf((request, response) => {
    request.socket.once('close', () => gone.resolve());
    response.writeHead(200);
    response.write('x');
  });
  const reading = read(loopbackClient(), url);
  await reading.until((events) => events.length === 2);
  reading.stream.abort();
  await gone.promise;
  expect(reading.events).toEqual(['head 200', 'x']);
});

test('a stream breaks off as a failure, and so does one whose head never comes', async () => {
  const url = await serverOf((request, response) => {
    if (request.url === '/silent') return;
    response.writeHead(200);
    response.write('x', () => request.socket.destroy());
  });
  const client = loopbackClient();
  const broken = read(client, url);
  await broken.over;
  expect(broken.events).toEqual(['head 200', 'x', 'truncated sent']);
  const silent = read(client, url, { path: '/silent', headTimeoutMs: 20 });
  await silent.over;
  expect(silent.events).toEqual(['timeout sent']);
});

test('a private address is refused where the socket is opened', async () => {
  const url = await serverOf((_request, response) => response.end());
  const reading = read(loopbackClient({ egress: { allowPrivate: [] } }), url);
  await reading.over;
  expect(reading.events).toEqual(['egress_denied']);
});

test('more streams than an origin has connections leave room for exchanges', async () => {
  const url = await serverOf((request, response) => {
    if (request.method === 'POST') return response.end('done');
    response.writeHead(200);
    return response.write('x');
  });
  const client = loopbackClient({ connectionsPerOrigin: 1 });
  const streams = [1, 2, 3].map(() => read(client, url));
  for (const { until } of streams) await until((events) => events.includes('x'));
  const target = client.target(url, undefined);
  const answer = await client.exchange({ target, method: 'POST', path: '/x', headers: [], timeoutMs: 5_000 });
  expect(answer.body.toString()).toBe('done');
  for (const { stream } of streams) stream.abort();
});

test('after the client is closed a stream is refused', async () => {
  const client = loopbackClient();
  await client.close();
  const reading = read(client, 'http://127.0.0.1:1');
  await reading.over;
  expect(reading.events).toEqual(['closed']);
});

interface Reading {
  readonly stream: HttpStream;
  readonly events: readonly string[];
  readonly over: Promise<void>;
  readonly until: (is: (events: readonly string[]) => boolean) => Promise<void>;
}

function read(client: HttpClient, url: string, parts: { path?: string; headTimeoutMs?: number } = {}): Reading {
  const events: string[] = [];
  const over = Promise.withResolvers<void>();
  const waiting: { is: (events: readonly string[]) => boolean; resolve: () => void }[] = [];
  const add = (event: string): void => {
    events.push(event);
    for (const one of waiting) if (one.is(events)) one.resolve();
  };
  const stream = client.stream(
    {
      target: client.target(url, undefined),
      method: 'GET',
      path: '/',
      headers: [],
      headTimeoutMs: 5_000,
      longLived: true,
      ...parts,
    },
    {
      onHead: (status) => add(`head ${status}`),
      onData: (chunk) => add(chunk.toString()),
      onEnd: () => {
        add('end');
        over.resolve();
      },
      onFailure: ({ kind, sent }) => {
        add(sent ? `${kind} sent` : kind);
        over.resolve();
      },
    },
  );
  const until: Reading['until'] = (is) =>
    is(events) ? Promise.resolve() : new Promise((resolve) => waiting.push({ is, resolve }));
  return { stream, events, over: over.promise, until };
}

async function serverOf(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
