import { getEventListeners } from 'node:events';
import { createHttpClient } from '@capstan/http';
import { CapstanError } from '@capstan/sdk';
import { expect, onTestFinished, test } from 'vitest';
import { createRemoteToolAdapter } from './remote-tool-adapter.ts';
import { answer, scriptedService, success } from './scripted-service.test.support.ts';
import { callOf, connectionTo, errorOf, START_MS, testAdapter } from './test-adapter.test.support.ts';

const BUSY = answer(503, 'x');

test('cancelling ends the call, frees the socket and leaves no listener', async () => {
  const service = await scriptedService();
  service.play(() => undefined);
  const { adapter, http } = testAdapter();
  const controller = new AbortController();
  const running = errorOf(adapter.call(callOf(connectionTo(service.url), { context: { signal: controller.signal } })));
  await expect.poll(() => service.requests.length).toBe(1);
  controller.abort();
  const error = await running;
  expect([error.code, error.retriable]).toEqual(['CAPSTAN_CANCELLED', false]);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  await expect.poll(() => http.openSockets()).toBe(0);
  expect(adapter.circuits()[0]?.state).toEqual({ kind: 'closed', failures: 0 });
});

test('a call that is cancelled before it begins sends nothing', async () => {
  const service = await scriptedService();
  const call = callOf(connectionTo(service.url), { context: { signal: AbortSignal.abort() } });
  expect((await errorOf(testAdapter().adapter.call(call))).code).toBe('CAPSTAN_CANCELLED');
  expect(service.requests).toEqual([]);
});

test('cancelling ends a pause', async () => {
  const service = await scriptedService();
  service.play(BUSY);
  const pause = longPause();
  const { adapter } = testAdapter({ sleep: pause.sleep });
  const controller = new AbortController();
  const { signal } = controller;
  const running = errorOf(adapter.call(callOf(connectionTo(service.url), { context: { signal } })));
  await pause.begun;
  controller.abort();
  expect((await running).code).toBe('CAPSTAN_CANCELLED');
  expect([service.requests.length, getEventListeners(signal, 'abort')]).toEqual([1, []]);
});

test('closing the adapter ends a pause with the failure that led to it', async () => {
  const service = await scriptedService();
  service.play(BUSY);
  const pause = longPause();
  const { adapter } = testAdapter({ sleep: pause.sleep });
  const { signal } = new AbortController();
  const running = errorOf(adapter.call(callOf(connectionTo(service.url), { context: { signal } })));
  await pause.begun;
  await adapter.close();
  expect((await running).code).toBe('CAPSTAN_REMOTE_UNAVAILABLE');
  expect([service.requests.length, getEventListeners(signal, 'abort')]).toEqual([1, []]);
});

test('the pause that an adapter makes by itself can be ended, too', async () => {
  const service = await scriptedService();
  service.play(BUSY);
  const http = createHttpClient({ egress: { allowPrivate: ['127.0.0.0/8'] } });
  onTestFinished(() => http.close(0));
  const adapter = createRemoteToolAdapter({ http, clock: { now: () => START_MS }, random: () => 0.999 });
  const controller = new AbortController();
  const logger = { debug: () => setImmediate(() => controller.abort()), info() {}, warn() {}, error() {} };
  const retry = { maxRetries: 1, baseMs: 50_000, maxMs: 50_000 };
  const context = { signal: controller.signal, logger };
  const error = await errorOf(adapter.call(callOf(connectionTo(service.url), { context, policy: { retry } })));
  expect(error.code).toBe('CAPSTAN_CANCELLED');
});

test('a deadline that is past sends nothing', async () => {
  const service = await scriptedService();
  const call = callOf(connectionTo(service.url), { context: { deadline: START_MS } });
  const error = await errorOf(testAdapter().adapter.call(call));
  expect([error.code, error.details.attempts]).toEqual(['CAPSTAN_DEADLINE_EXCEEDED', 0]);
  expect(service.requests).toEqual([]);
});

test('the deadline ends an attempt that has a longer timeout, and the endpoint is to blame', async () => {
  const service = await scriptedService();
  service.play(() => undefined);
  const { adapter } = testAdapter();
  const call = callOf(connectionTo(service.url), {
    context: { deadline: START_MS + 800 },
    policy: { repeatable: true },
  });
  expect((await errorOf(adapter.call(call))).code).toBe('CAPSTAN_DEADLINE_EXCEEDED');
  expect(service.requests).toHaveLength(1);
  expect(adapter.circuits()[0]?.state).toEqual({ kind: 'closed', failures: 1 });
});

test.each([
  ['a deadline error of the host', new CapstanError('CAPSTAN_DEADLINE_EXCEEDED', 'late')],
  ['the signal of AbortSignal.timeout', new DOMException('late', 'TimeoutError')],
])('a signal aborted with %s is a deadline, not a cancellation', async (_what, reason) => {
  const service = await scriptedService();
  service.play(() => undefined);
  const controller = new AbortController();
  const running = errorOf(
    testAdapter().adapter.call(callOf(connectionTo(service.url), { context: { signal: controller.signal } })),
  );
  await expect.poll(() => service.requests.length).toBe(1);
  controller.abort(reason);
  expect((await running).code).toBe('CAPSTAN_DEADLINE_EXCEEDED');
});

test('the client that closes under a call makes it end as draining', async () => {
  const service = await scriptedService();
  service.play(() => undefined);
  const { adapter, http } = testAdapter();
  const running = errorOf(adapter.call(callOf(connectionTo(service.url), { policy: { repeatable: true } })));
  await expect.poll(() => service.requests.length).toBe(1);
  await http.close(0);
  expect((await running).code).toBe('CAPSTAN_DRAINING');
});

test('hundreds of calls with repetitions on one signal leave nothing behind', async () => {
  const service = await scriptedService();
  const { adapter } = testAdapter();
  const { signal } = new AbortController();
  for (let round = 0; round < 10; round += 1) {
    service.play(BUSY, BUSY, success(1));
    await Promise.all(
      Array.from({ length: 20 }, () => adapter.call(callOf(connectionTo(service.url), { context: { signal } }))),
    );
  }
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

/** A pause that only its signal ends. */
function longPause(): { readonly begun: Promise<void>; sleep(ms: number, signal: AbortSignal): Promise<void> } {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  return {
    begun,
    sleep: (_ms, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        resolve();
      }),
  };
}
