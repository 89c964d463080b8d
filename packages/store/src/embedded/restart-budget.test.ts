import { expect, test } from 'vitest';
import { RestartBudget } from './restart-budget.ts';

test('a server is started again five times in ten minutes, and not a sixth time', () => {
  let now = 0;
  const budget = new RestartBudget(() => now);
  for (let restart = 0; restart < 5; restart += 1) {
    now += 60_000;
    expect(budget.take()).toBe(true);
  }
  now = 10 * 60_000 + 59_999;
  expect(budget.take()).toBe(false);
  now = 11 * 60_000;
  expect(budget.take()).toBe(true);
  expect(budget.take()).toBe(false);
});
