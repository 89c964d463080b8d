import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { failureOf, loopbackClient, post } from './loopback-client.test.support.ts';
import { httpAnswer, rawServer } from './raw-server.test.support.ts';

test('cancelling frees the socket at once, on both sides', async () => {
  let closed = 0;
  const server = await rawServer((socket) => socket.on('close', () => (closed += 1)));
  const client = loopbackClient();
  const controller = new AbortController();
  const running = failureOf(client.exchange(post(client, server.url, { signal: controller.signal })));
  await expect.poll(() => server.requests.length).toBe(1);
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
  controller.abort(new Error('enough'));
  const failure = await running;
  expect([failure.kind, failure.sent, failure.cause]).toEqual(['cancelled', true, new Error('enough')]);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  await expect.poll(() => [closed, client.openSockets()]).toEqual([1, 0]);
});

test('a signal that is already aborted sends nothing', async () => {
  const server = await rawServer((socket) => socket.write(httpAnswer(200, '{}')));
  const client = loopbackClient();
  const failure = await failureOf(client.exchange(post(client, server.url, { signal: AbortSignal.abort() })));
  expect([failure.kind, failure.sent]).toEqual(['cancelled', false]);
  expect([server.connections(), client.openSockets()]).toEqual([0, 0]);
});

test('one that waits for a connection can be cancelled without a byte sent, and the connection lives on', async () => {
  let answer = (): void => undefined;
  const server = await rawServer((socket) => {
    answer = () => socket.write(httpAnswer(200, '{}'));
  });
  const client = loopbackClient({ connectionsPerOrigin: 1 });
  const first = client.exchange(post(client, server.url));
  await expect.poll(() => server.requests.length).toBe(1);
  const controller = new AbortController();
  const waiting = failureOf(client.exchange(post(client, server.url, { signal: controller.signal })));
  controller.abort();
  expect([(await waiting).kind, (await waiting).sent]).toEqual(['cancelled', false]);
  answer();
  await first;
  const third = client.exchange(post(client, server.url));
  await expect.poll(() => server.requests.length).toBe(2);
  answer();
  expect((await third).status).toBe(200);
  expect(server.connections()).toBe(1);
});

test('a connection that opens for nobody any more is given up', async () => {
  const client = loopbackClient({ lookup: () => new Promise(() => undefined), connectionsPerOrigin: 2 });
  const controller = new AbortController();
  const waiting = Array.from({ length: 5 }, () =>
    failureOf(client.exchange(post(client, 'http://slow.example', { signal: controller.signal }))),
  );
  await expect.poll(() => client.openSockets()).toBe(2);
  controller.abort();
  for (const failure of await Promise.all(waiting)) expect([failure.kind, failure.sent]).toEqual(['cancelled', false]);
  await expect.poll(() => client.openSockets()).toBe(0);
});

test('a thousand exchanges on one signal leave neither listeners nor timers', async () => {
  const server = await rawServer((socket) => socket.write(httpAnswer(200, '{}')));
  const client = loopbackClient();
  const { signal } = new AbortController();
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  await client.exchange(post(client, server.url, { signal }));
  await client.close();
  const before = timers();
  const second = loopbackClient({ connectionsPerOrigin: 8 });
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(Array.from({ length: 50 }, () => second.exchange(post(second, server.url, { signal }))));
  }
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  await second.close();
  await expect.poll(timers).toBeLessThanOrEqual(before);
  expect(server.requests).toHaveLength(1_001);
});

test('an origin that is no longer used is forgotten, and works again when it is', async () => {
  const server = await rawServer((socket) => socket.end(httpAnswer(200, '{}', { connection: 'close' })));
  const client = loopbackClient();
  for (let count = 0; count < 3; count += 1) {
    expect((await client.exchange(post(client, server.url))).status).toBe(200);
    await expect.poll(() => client.openSockets()).toBe(0);
  }
});
