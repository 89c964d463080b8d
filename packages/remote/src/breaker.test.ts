import { expect, test } from 'vitest';
import { answer, refusal, scriptedService, success } from './scripted-service.test.support.ts';
import { callOf, connectionTo, errorOf, testAdapter } from './test-adapter.test.support.ts';

const ONCE = { retry: { maxRetries: 0, baseMs: 1, maxMs: 1 } };
const DOWN = answer(500, 'x');

test('five failures in a row open the breaker of the endpoint; calls then fail at once, with the time to wait', async () => {
  const service = await scriptedService();
  service.play(DOWN);
  const { adapter, clock, circuitEvents } = testAdapter();
  const connection = connectionTo(service.url);
  for (let count = 0; count < 5; count += 1) await errorOf(adapter.call(callOf(connection, { policy: ONCE })));
  clock.advance(20_000);
  const error = await errorOf(adapter.call(callOf(connection, { policy: ONCE })));
  expect([error.code, error.retriable, error.details.retry_after_ms]).toEqual(['CAPSTAN_CIRCUIT_OPEN', true, 40_000]);
  expect(service.requests).toHaveLength(5);
  expect(circuitEvents).toMatchObject([
    { endpoint: service.url, from: 'closed', to: 'open', reason: 'CAPSTAN_REMOTE_UNAVAILABLE' },
  ]);
  expect(adapter.circuits()).toMatchObject([{ endpoint: service.url, state: { kind: 'open' } }]);
});

test('the service comes back: after a minute one call probes, and three successes close the breaker', async () => {
  const service = await scriptedService();
  service.play(DOWN);
  const { adapter, clock, circuitEvents } = testAdapter();
  const call = () =>
    adapter.call(callOf(connectionTo(service.url), { policy: ONCE, context: { deadline: clock.now() + 60_000 } }));
  for (let count = 0; count < 5; count += 1) await errorOf(call());
  service.play(success(1));
  clock.advance(60_000);
  const [probe, surplus] = [call(), errorOf(call())];
  expect([await probe, (await surplus).code]).toEqual([1, 'CAPSTAN_CIRCUIT_OPEN']);
  expect([await call(), await call(), await call()]).toEqual([1, 1, 1]);
  expect(circuitEvents.map(({ to }) => to)).toEqual(['open', 'half_open', 'closed']);
});

test('what the service refuses for a reason is no failure of the endpoint, and starts the count again', async () => {
  const service = await scriptedService();
  const { adapter } = testAdapter();
  const connection = connectionTo(service.url);
  for (const reaction of [400, 401, 403, 404, 409, 413, 422, 429].map((status) => answer(status, 'x'))) {
    service.play(DOWN, reaction, refusal(200, { code: 'X', message: 'm' }));
    for (let count = 0; count < 3; count += 1) await errorOf(adapter.call(callOf(connection, { policy: ONCE })));
  }
  expect(adapter.circuits()).toMatchObject([{ endpoint: service.url, state: { kind: 'closed', failures: 0 } }]);
});

test('unreachable, silent, failing and answering outside the contract: all count', async () => {
  const service = await scriptedService();
  service.play(
    (socket) => socket.end(),
    () => undefined,
    DOWN,
    answer(200, 'x'),
    (socket) => socket.end('junk\r\n'),
  );
  const { adapter } = testAdapter();
  const policy = { ...ONCE, timeoutMs: 1_000 };
  for (let count = 0; count < 5; count += 1) await errorOf(adapter.call(callOf(connectionTo(service.url), { policy })));
  expect(adapter.circuits()[0]?.state.kind).toBe('open');
});

test('endpoints are told apart by origin and base path, and shared by connections', async () => {
  const service = await scriptedService();
  service.play(DOWN);
  const { adapter } = testAdapter();
  const failing = { ...ONCE, breaker: { failureThreshold: 2, recoveryTimeoutMs: 1_000, successThreshold: 1 } };
  for (let count = 0; count < 2; count += 1) {
    await errorOf(adapter.call(callOf(connectionTo(`${service.url}/a/`), { policy: failing })));
  }
  service.play(success(1));
  expect((await errorOf(adapter.call(callOf(connectionTo(`${service.url}/a`))))).code).toBe('CAPSTAN_CIRCUIT_OPEN');
  expect(await adapter.call(callOf(connectionTo(`${service.url}/b`)))).toBe(1);
  expect(adapter.circuits().map(({ endpoint, state }) => [endpoint, state.kind])).toEqual([
    [`${service.url}/a`, 'open'],
    [`${service.url}/b`, 'closed'],
  ]);
});

test('a call whose own attempts open the breaker ends with the failure, not with the breaker', async () => {
  const service = await scriptedService();
  service.play(answer(503, 'x'));
  const { adapter, pauses } = testAdapter();
  const breaker = { failureThreshold: 2, recoveryTimeoutMs: 60_000, successThreshold: 1 };
  const error = await errorOf(adapter.call(callOf(connectionTo(service.url), { policy: { breaker } })));
  expect([error.code, service.requests.length, pauses.length]).toEqual(['CAPSTAN_REMOTE_UNAVAILABLE', 2, 1]);
});

test('a cancelled probe leaves the breaker half open for the next one', async () => {
  const service = await scriptedService();
  service.play(DOWN);
  const { adapter, clock } = testAdapter();
  const breaker = { failureThreshold: 1, recoveryTimeoutMs: 10, successThreshold: 1 };
  await errorOf(adapter.call(callOf(connectionTo(service.url), { policy: { ...ONCE, breaker } })));
  clock.advance(10);
  service.play(() => undefined, success(1));
  const controller = new AbortController();
  const probe = errorOf(
    adapter.call(callOf(connectionTo(service.url), { policy: { breaker }, context: { signal: controller.signal } })),
  );
  await expect.poll(() => service.requests.length).toBe(2);
  controller.abort();
  await probe;
  expect(adapter.circuits()[0]?.state).toEqual({ kind: 'half_open', successes: 0, probing: false });
  expect(await adapter.call(callOf(connectionTo(service.url), { policy: { breaker } }))).toBe(1);
  expect(adapter.circuits()[0]?.state.kind).toBe('closed');
});
