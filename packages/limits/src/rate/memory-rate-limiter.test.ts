import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemoryRateLimiter } from './memory-rate-limiter.ts';
import type { WindowRule } from './rate-limiter.ts';
import { rateLimiterContract } from './rate-limiter-contract.test.support.ts';

rateLimiterContract(() => {
  let now = 1_700_000_000_000;
  return Promise.resolve({
    limiter: createMemoryRateLimiter(),
    now: () => now,
    pass: (ms) => {
      now += ms;
      return Promise.resolve();
    },
  });
});

test('there are no more windows than it may hold, and those that are over go first', () => {
  const limiter = createMemoryRateLimiter({ maxKeys: 15_000 });
  const take = (key: string, now: number) =>
    limiter.take([{ key, limit: 1, windowMs: 1_000, begins: 'first_call', name: 'calls' }], now);
  for (let n = 0; n < 40_000; n += 1) take(`early ${n}`, 0);
  expect(limiter.size).toBe(15_000);
  for (let n = 0; n < 10_001; n += 1) take(`late ${n}`, 2_000);
  expect(limiter.size).toBeLessThan(15_000);
  expect(take('late 10000', 2_000).kind).toBe('full');
});

/** A model that remembers every call that passed. */
function passed(moments: readonly number[], rules: readonly WindowRule[]): number[] {
  const windows = new Map<string, { startedAt: number; count: number }>();
  return moments.flatMap((at, index) => {
    const current = rules.map((rule) => {
      const known = windows.get(rule.key);
      const isOpen = known !== undefined && at - known.startedAt < rule.windowMs;
      const startedAt = rule.begins === 'epoch' ? Math.floor(at / rule.windowMs) * rule.windowMs : at;
      return { rule, window: isOpen ? known : { startedAt, count: 0 } };
    });
    if (current.some(({ rule, window }) => window.count >= rule.limit)) return [];
    for (const { rule, window } of current) windows.set(rule.key, { ...window, count: window.count + 1 });
    return [index];
  });
}

test('whatever calls come and whenever, exactly those pass that the windows have room for', () => {
  const anyRule = fc.record({
    limit: fc.integer({ min: 0, max: 5 }),
    windowMs: fc.integer({ min: 1, max: 50 }),
    begins: fc.constantFrom('first_call' as const, 'epoch' as const),
  });
  const scenario = fc.record({
    rules: fc.array(anyRule, { maxLength: 3 }),
    pauses: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 }),
  });
  fc.assert(
    fc.property(scenario, ({ rules, pauses }) => {
      const named = rules.map((rule, index) => ({ ...rule, key: `k${index}`, name: 'calls' }));
      const limiter = createMemoryRateLimiter();
      const moments = pauses.map((_, index) => pauses.slice(0, index + 1).reduce((sum, pause) => sum + pause, 1_000));
      const verdicts = moments.flatMap((at, index) => (limiter.take(named, at).kind === 'taken' ? [index] : []));
      expect(verdicts).toEqual(passed(moments, named));
    }),
  );
});
