import type { ServiceCluster, ToolConnection } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { answer, type ScriptedService, scriptedService, success } from './scripted-service.test.support.ts';
import { callOf, connectionTo, errorOf, testAdapter } from './test-adapter.test.support.ts';

function clusterOf(services: readonly ScriptedService[], parts: Partial<ServiceCluster> = {}): ToolConnection {
  const endpoints = services.map(({ url }) => ({ url, weight: 1 }));
  return connectionTo('http://unused.example', { cluster: { endpoints, strategy: 'round_robin', ...parts } });
}

test('calls are spread over the endpoints', async () => {
  const services = [await scriptedService(), await scriptedService(), await scriptedService()];
  const { adapter } = testAdapter();
  const connection = clusterOf(services);
  for (let count = 0; count < 9; count += 1) await adapter.call(callOf(connection));
  expect(services.map(({ requests }) => requests.length)).toEqual([3, 3, 3]);
});

test('a call that fails at one endpoint goes to another one at once; that counts as a retry', async () => {
  const [down, up] = [await scriptedService(), await scriptedService()];
  await down.stop();
  const { adapter, pauses } = testAdapter();
  const connection = clusterOf([down, up]);
  await adapter.call(callOf(connection));
  expect([pauses, up.requests.length]).toEqual([[0], 1]);
  const none = { retry: { maxRetries: 0, baseMs: 1, maxMs: 1 } };
  const outcomes = [];
  for (let count = 0; count < 2; count += 1) {
    outcomes.push(await adapter.call(callOf(connection, { policy: none })).catch((error) => error.code));
  }
  expect(outcomes).toContain('CAPSTAN_REMOTE_UNREACHABLE');
});

test('what may have been done is not done again elsewhere', async () => {
  const [one, two] = [await scriptedService(), await scriptedService()];
  for (const service of [one, two]) service.play((socket) => socket.end());
  const { adapter } = testAdapter();
  const error = await errorOf(adapter.call(callOf(clusterOf([one, two]))));
  expect(error.code).toBe('CAPSTAN_REMOTE_UNREACHABLE');
  expect(one.requests.length + two.requests.length).toBe(1);
});

test('an endpoint that keeps failing is ejected, and asked for its health until it is back', async () => {
  const [bad, good] = [await scriptedService(), await scriptedService()];
  bad.play(answer(503, 'x'));
  const { adapter, circuitEvents } = testAdapter({ balancing: { probeIntervalMs: 20 }, random: () => 0 });
  const connection = clusterOf([bad, good]);
  for (let count = 0; count < 20; count += 1) await adapter.call(callOf(connection));
  const health = () => bad.requests.filter((request) => request.startsWith('GET /v1/health '));
  const calls = () => bad.requests.length - health().length;
  expect([calls(), good.requests.length]).toEqual([5, 20]);
  await expect.poll(() => health().length).toBeGreaterThan(1);
  expect(health()[0]).not.toContain('Authorization');
  expect(adapter.circuits()[0]?.state.kind).toBe('open');
  bad.play(success(1));
  await expect
    .poll(async () => {
      await adapter.call(callOf(connection));
      return circuitEvents.map(({ to }) => to);
    })
    .toEqual(['open', 'half_open', 'closed']);
});

test('with every endpoint ejected a call fails at once, with the time to wait', async () => {
  const services = [await scriptedService(), await scriptedService()];
  for (const service of services) service.play(answer(500, 'x'));
  const { adapter } = testAdapter({ balancing: { probeIntervalMs: 60_000 } });
  const connection = clusterOf(services);
  const policy = { breaker: { failureThreshold: 1, recoveryTimeoutMs: 5_000, successThreshold: 1 } };
  for (let count = 0; count < 2; count += 1) await errorOf(adapter.call(callOf(connection, { policy })));
  const error = await errorOf(adapter.call(callOf(connection, { policy })));
  expect([error.code, error.details.retry_after_ms]).toEqual(['CAPSTAN_CIRCUIT_OPEN', 5_000]);
  for (const { url } of services) expect(error.message).toContain(url);
});

test('a discovered service is found, refreshed, and stays known while its registry is down', async () => {
  const [first, second, registry] = [await scriptedService(), await scriptedService(), await scriptedService()];
  registry.play(answer(200, [{ url: first.url }]), answer(200, [{ url: second.url }]));
  const { adapter, clock } = testAdapter();
  const discovery = { kind: 'http', url: registry.url, service: 'line' } as const;
  const connection = clusterOf([], { discovery, trustDiscovery: true });
  const call = () => adapter.call(callOf(connection, { context: { deadline: clock.now() + 60_000 } }));
  await Promise.all([call(), call()]);
  expect([first.requests.length, registry.requests.length]).toEqual([2, 1]);
  clock.advance(30_000);
  await expect
    .poll(async () => {
      await call();
      return second.requests.length;
    })
    .toBeGreaterThan(0);
  await registry.stop();
  clock.advance(3_600_000);
  expect(await call()).toEqual({ ok: true });
});

test('what a registry names must be on the egress list, where there is one', async () => {
  const [service, registry] = [await scriptedService(), await scriptedService()];
  registry.play(answer(200, [{ url: service.url }]));
  const discovery = { kind: 'http', url: registry.url, service: 'line' } as const;
  const connection = clusterOf([], { discovery });
  const { adapter } = testAdapter();
  const call = (egress: readonly string[]) => adapter.call(callOf(connection, { policy: { egress } }));
  expect((await errorOf(call(['other.example']))).code).toBe('CAPSTAN_EGRESS_DENIED');
  expect(await call(['127.0.0.1'])).toEqual({ ok: true });
});

test('an outage is not multiplied: of many calls that fail at once, few are repeated', async () => {
  const service = await scriptedService();
  service.play((socket) => void setTimeout(() => socket.write(answer(503, 'x')), 5));
  const { adapter } = testAdapter();
  const connection = connectionTo(service.url);
  const policy = { breaker: { failureThreshold: 10_000, recoveryTimeoutMs: 1, successThreshold: 1 } };
  await Promise.all(Array.from({ length: 50 }, () => errorOf(adapter.call(callOf(connection, { policy })))));
  const [circuit] = adapter.circuits();
  expect(circuit?.retries.refused).toBeGreaterThan(30);
  expect(service.requests.length).toBe(50 + (circuit?.retries.granted ?? 0));
  expect(service.requests.length).toBeLessThan(50 * 1.7);
});

test('a service that keeps idempotency keys gets a call again that may have been done, and is asked once', async () => {
  const service = await scriptedService();
  service.offer({ contract: 1, idempotency: true, tools: [] });
  service.play(
    (socket) => socket.end(),
    success(1),
    (socket) => socket.end(),
    success(2),
  );
  const { adapter } = testAdapter();
  const connection = connectionTo(service.url);
  expect([await adapter.call(callOf(connection)), await adapter.call(callOf(connection))]).toEqual([1, 2]);
  const keys = service.requests.map((request) => /Idempotency-Key: (\S+)/.exec(request)?.[1]);
  expect([new Set(keys).size, keys.length, service.questions.length]).toEqual([1, 4, 1]);
});

test('the pool of a service is kept as long as one connection uses it, and let go with the last', async () => {
  const services = [await scriptedService(), await scriptedService()];
  const { adapter } = testAdapter();
  const [first, second] = [clusterOf(services), clusterOf(services)];
  const counts = () => services.map(({ requests }) => requests.length);
  await adapter.call(callOf(first));
  await adapter.call(callOf(second));
  expect(counts()).toEqual([1, 1]);
  await adapter.call(callOf(first));
  adapter.release(first);
  await adapter.call(callOf(second));
  // The pool went on: the turn of the second endpoint came.
  expect(counts()).toEqual([2, 2]);
  await adapter.call(callOf(second));
  adapter.release(second);
  await adapter.call(callOf(clusterOf(services)));
  // A new pool begins anew.
  expect(counts()).toEqual([4, 2]);
});
