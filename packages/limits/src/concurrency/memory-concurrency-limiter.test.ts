import { expect, test } from 'vitest';
import { concurrencyContract } from './concurrency-contract.test.support.ts';
import { createMemoryConcurrencyLimiter } from './memory-concurrency-limiter.ts';

concurrencyContract(() =>
  Promise.resolve({ limiter: createMemoryConcurrencyLimiter(), settled: () => Promise.resolve() }),
);

test('keys whose calls are over take no room', () => {
  const limiter = createMemoryConcurrencyLimiter();
  for (let n = 0; n < 1_000; n += 1) {
    const verdict = limiter.enter([{ key: `k${n}`, limit: 1, name: 'tool' }]);
    if (verdict.kind === 'entered') verdict.leave();
  }
  expect(limiter.size).toBe(0);
});
