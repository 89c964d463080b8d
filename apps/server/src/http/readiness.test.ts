import { CapstanError } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { readinessOf } from './readiness.ts';

test('a server that needs nothing is ready until it drains', async () => {
  let draining = false;
  const ready = readinessOf({ isDraining: () => draining });
  expect(await ready()).toEqual({ kind: 'ready' });
  draining = true;
  expect(await ready()).toEqual({ kind: 'draining' });
});

test('a server whose database is away says so with the code, and is ready again when it is back', async () => {
  let [time, isAway] = [0, true];
  const check = async () => {
    if (isAway) throw new CapstanError('CAPSTAN_STORE_UNAVAILABLE', 'away');
  };
  const ready = readinessOf({ isDraining: () => false, check, now: () => time });
  expect(await ready()).toEqual({ kind: 'unavailable', code: 'CAPSTAN_STORE_UNAVAILABLE' });
  isAway = false;
  time = 1000;
  expect(await ready()).toEqual({ kind: 'ready' });
});

test('however often somebody asks, the check runs once a second', async () => {
  let [time, checks] = [0, 0];
  const check = async () => {
    checks += 1;
  };
  const ready = readinessOf({ isDraining: () => false, check, now: () => time });
  await Promise.all(Array.from({ length: 100 }, ready));
  expect(checks).toBe(1);
  time = 1000;
  await ready();
  expect(checks).toBe(2);
});
