import type { RemoteCallPolicy } from '@capstan/sdk';
import { describe, expect, test } from 'vitest';
import { answer, type Reaction, refusal, scriptedService, success } from './scripted-service.test.support.ts';
import { callOf, connectionTo, errorOf, START_MS, testAdapter } from './test-adapter.test.support.ts';

const ERROR = { code: 'X', message: 'no' };
const page = (status: number): string => answer(status, 'x', { 'content-type': 'text/plain' });

const SILENCE = 'no answer in time';

/** What happened once, and whether it is repeated for a tool that is not repeatable, and for one that is. */
const MATRIX: readonly (readonly [what: string, reaction: Reaction, unsafe: boolean, repeatable: boolean])[] = [
  ['429: nothing was done', page(429), true, true],
  ['503: nothing was done', page(503), true, true],
  ['503 with an envelope', refusal(503, ERROR), true, true],
  ['retriable: true on 200', refusal(200, { ...ERROR, retriable: true }), true, true],
  ['retriable: true on 500', refusal(500, { ...ERROR, retriable: true }), true, true],
  ['retriable: false on 503', refusal(503, { ...ERROR, retriable: false }), false, false],
  ['retriable: false on 429', refusal(429, { ...ERROR, retriable: false }), false, false],
  ['500: who knows', page(500), false, true],
  ['500 with an envelope', refusal(500, ERROR), false, true],
  ['502', page(502), false, true],
  ['504', page(504), false, true],
  ['408', page(408), false, true],
  ['the connection closed after the request', (socket) => socket.end(), false, true],
  ['the connection was reset after the request', (socket) => socket.resetAndDestroy(), false, true],
  ['the answer broke off', (socket) => socket.end('HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\n{'), false, true],
  [SILENCE, () => undefined, false, true],
  ['400', page(400), false, false],
  ['401', page(401), false, false],
  ['404', page(404), false, false],
  ['409', page(409), false, false],
  ['422', refusal(422, ERROR), false, false],
  ['an error on 200', refusal(200, ERROR), false, false],
  ['an answer outside the contract', answer(200, '[]'), false, false],
  ['an answer that is no HTTP', (socket) => socket.end('hello\r\n'), false, false],
  ['too long an answer', `HTTP/1.1 200 X\r\ncontent-length: ${11 * 1024 * 1024}\r\n\r\n`, false, false],
];

describe('a repetition happens only when it is safe', () => {
  test.each(MATRIX)('%s', async (what, reaction, unsafe, repeatable) => {
    const timeoutMs = what === SILENCE ? 1_000 : 10_000;
    for (const [policy, isRepeated] of [
      [{ timeoutMs }, unsafe],
      [{ timeoutMs, repeatable: false }, unsafe],
      [{ timeoutMs, repeatable: true }, repeatable],
    ] as const) {
      const service = await scriptedService();
      service.play(reaction, success({ done: true }));
      const { adapter } = testAdapter();
      const call = adapter.call(callOf(connectionTo(service.url), { policy }));
      if (isRepeated) expect(await call).toEqual({ done: true });
      else await errorOf(call);
      expect(service.requests).toHaveLength(isRepeated ? 2 : 1);
    }
  });
});

test('a refused connection is always tried again: nothing was sent', async () => {
  const service = await scriptedService();
  await service.stop();
  const { adapter, pauses } = testAdapter();
  const error = await errorOf(adapter.call(callOf(connectionTo(service.url))));
  expect([error.code, error.details.attempts]).toEqual(['CAPSTAN_REMOTE_UNREACHABLE', 4]);
  expect(pauses).toHaveLength(3);
});

test('the idempotency key, the trace and the body stay the same over all attempts', async () => {
  const service = await scriptedService();
  service.play(page(503), page(429), success(1));
  await testAdapter().adapter.call(callOf(connectionTo(service.url), { context: { idempotencyKey: 'k1' } }));
  const [first = '', ...others] = service.requests.map((request) => request.replace(/X-Capstan-Deadline-Ms: \d+/, ''));
  expect(first).toContain('Idempotency-Key: k1');
  expect(others).toEqual([first, first]);
});

describe('pauses double up to the limit, with full jitter', () => {
  test.each([
    [0, [0, 0, 0]],
    [0.5, [125, 250, 500]],
    [0.999, [249.75, 499.5, 999]],
  ])('random %d', async (random, expected) => {
    const service = await scriptedService();
    service.play(page(503));
    const { adapter, pauses } = testAdapter({ random: () => random });
    await errorOf(adapter.call(callOf(connectionTo(service.url))));
    expect(pauses).toEqual(expected);
    expect(service.requests).toHaveLength(4);
  });

  test('the limit is the policy of the call', async () => {
    const service = await scriptedService();
    service.play(page(503));
    const { adapter, pauses } = testAdapter({ random: () => 0.5 });
    const retry = { maxRetries: 4, baseMs: 100, maxMs: 300 };
    await errorOf(
      adapter.call(
        callOf(connectionTo(service.url), {
          policy: { retry, breaker: { failureThreshold: 99, recoveryTimeoutMs: 1, successThreshold: 1 } },
        }),
      ),
    );
    expect(pauses).toEqual([50, 100, 150, 150]);
  });
});

describe('Retry-After is honoured, and bounded by the deadline', () => {
  test.each([
    ['seconds', '7', [7_000]],
    ['a date', new Date(START_MS + 9_000).toUTCString(), [9_000]],
    ['a date that is past', new Date(START_MS - 9_000).toUTCString(), [125]],
    ['less than the pause', '0', [125]],
    ['nonsense', 'soon', [125]],
    ['a negative number', '-5', [125]],
  ])('%s: %s', async (_what, value, expected) => {
    const service = await scriptedService();
    service.play(answer(429, 'x', { 'retry-after': value }), success(1));
    const { adapter, pauses } = testAdapter();
    await adapter.call(callOf(connectionTo(service.url)));
    expect(pauses).toEqual(expected);
  });

  test('a wait beyond the deadline is not begun; the error says how long it would be', async () => {
    const service = await scriptedService();
    service.play(answer(429, 'x', { 'retry-after': '60' }), success(1));
    const { adapter, pauses } = testAdapter();
    const error = await errorOf(adapter.call(callOf(connectionTo(service.url))));
    expect([error.code, error.details.retry_after_ms]).toEqual(['CAPSTAN_REMOTE_RATE_LIMITED', 60_000]);
    expect([pauses.length, service.requests.length]).toEqual([0, 1]);
  });
});

test('a retry that cannot end before the deadline is not begun', async () => {
  const service = await scriptedService();
  service.play(page(503));
  const { adapter, pauses } = testAdapter();
  const policy = { retry: { maxRetries: 3, baseMs: 10_000, maxMs: 60_000 } };
  const context = { deadline: START_MS + 15_000 };
  const error = await errorOf(adapter.call(callOf(connectionTo(service.url), { policy, context })));
  expect(error.code).toBe('CAPSTAN_REMOTE_UNAVAILABLE');
  expect([pauses, service.requests.length]).toEqual([[5_000], 2]);
});

test('every attempt says how much time it has', async () => {
  const service = await scriptedService();
  service.play(page(503), page(503), success(1));
  const { adapter, clock } = testAdapter({ sleep: async (ms) => clock.advance(ms) });
  const policy: RemoteCallPolicy = { timeoutMs: 10_000 };
  await adapter.call(callOf(connectionTo(service.url), { policy, context: { deadline: START_MS + 10_200 } }));
  const times = service.requests.map((request) => /X-Capstan-Deadline-Ms: (\d+)/.exec(request)?.[1]);
  expect(times).toEqual(['10000', '10000', '9825']);
});

test('every repetition is in the log of the call', async () => {
  const service = await scriptedService();
  service.play(page(503), success(1));
  const lines: unknown[] = [];
  const logger = { debug: (...line: unknown[]) => lines.push(line), info() {}, warn() {}, error() {} };
  await testAdapter().adapter.call(callOf(connectionTo(service.url), { context: { logger } }));
  expect(lines).toEqual([
    [expect.any(String), { tool: 'line.send_message', code: 'CAPSTAN_REMOTE_UNAVAILABLE', attempts: 1, pause_ms: 125 }],
  ]);
});
