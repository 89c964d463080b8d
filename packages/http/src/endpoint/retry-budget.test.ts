import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetryBudget } from './retry-budget.ts';

test('three repetitions at once are always allowed, however little is going on', () => {
  const budget = new RetryBudget();
  budget.enter();
  expect([1, 2, 3, 4].map(() => budget.acquire())).toEqual([true, true, true, false]);
  budget.release();
  expect([budget.acquire(), budget.counts]).toEqual([true, { granted: 4, refused: 1 }]);
});

test('beyond that, at most a fifth of the calls under way', () => {
  const budget = new RetryBudget();
  for (let count = 0; count < 100; count += 1) budget.enter();
  let granted = 0;
  while (budget.acquire()) granted += 1;
  expect(granted).toBe(20);
  for (let count = 0; count < 90; count += 1) budget.leave();
  for (let count = 0; count < 18; count += 1) budget.release();
  expect([budget.acquire(), budget.acquire()]).toEqual([true, false]);
});

test('whatever happens, never more than the larger of the two', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('enter', 'acquire', 'leave', 'release')), (steps) => {
      const budget = new RetryBudget();
      let retries = 0;
      for (const step of steps) {
        if (step === 'enter') budget.enter();
        else if (step === 'leave' && budget.calls > 0) budget.leave();
        else if (step === 'acquire') {
          const limit = Math.max(3, budget.calls / 5);
          const granted = budget.acquire();
          expect(granted).toBe(retries < limit);
          if (granted) retries += 1;
        } else if (step === 'release' && retries > 0) {
          retries -= 1;
          budget.release();
        }
      }
    }),
  );
});
