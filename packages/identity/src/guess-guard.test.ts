import { expect, test } from 'vitest';
import { FakeClock } from './clock.test.support.ts';
import { GuessGuard } from './guess-guard.ts';

const at = (address: string, prefix: string, digest: string) => ({ address, prefix, digest });

test('wrong secrets of one key make that network wait with that key, and nobody else', () => {
  const clock = new FakeClock();
  const guard = new GuessGuard(clock, { perKey: 3, baseMs: 1000 });
  expect([1, 2, 3].map((n) => guard.failed(at('192.0.2.1', 'a', `${n}`)))).toEqual([0, 0, 1000]);
  expect(guard.waitMs(at('192.0.2.1', 'a', 'right'))).toBe(1000);
  expect(guard.waitMs(at('192.0.2.1', 'b', 'right'))).toBe(0);
  expect(guard.waitMs(at('192.0.2.2', 'a', 'right'))).toBe(0);
});

test('each further failure doubles the wait up to the longest, and quiet forgives', () => {
  const clock = new FakeClock();
  const guard = new GuessGuard(clock, { perNetwork: 2, perKey: 99, baseMs: 1000, maxMs: 5000, forgetMs: 60_000 });
  const waits = [1, 2, 3, 4, 5, 6].map((n) => guard.failed(at('192.0.2.1', `${n}`, `${n}`)));
  expect(waits).toEqual([0, 1000, 2000, 4000, 5000, 5000]);
  clock.pass(4999);
  expect(guard.waitMs(at('192.0.2.1', 'x', 'x'))).toBe(1);
  clock.pass(1);
  expect(guard.waitMs(at('192.0.2.1', 'x', 'x'))).toBe(0);
  clock.pass(60_000);
  expect(guard.failed(at('192.0.2.1', 'x', 'x'))).toBe(0);
});

test('whoever holds an IPv6 network is one party', () => {
  const guard = new GuessGuard(new FakeClock(), { perNetwork: 2 });
  guard.failed(at('2001:db8:1:2::1', 'a', '1'));
  guard.failed(at('2001:db8:1:2::2', 'b', '2'));
  expect(guard.waitMs(at('2001:db8:1:2:ffff::9', 'c', '3'))).toBeGreaterThan(0);
  expect(guard.waitMs(at('2001:db8:1:3::1', 'c', '3'))).toBe(0);
});

test('a client with one stale key is mistaken, and not guessing', () => {
  const guard = new GuessGuard(new FakeClock(), { perNetwork: 2, perKey: 2 });
  for (let n = 0; n < 100; n += 1) expect(guard.failed(at('192.0.2.1', 'a', 'stale'))).toBe(0);
});

test('a flood from many networks takes no more memory than the limit', () => {
  const guard = new GuessGuard(new FakeClock(), { perNetwork: 1, entries: 100 });
  for (let n = 0; n < 1000; n += 1) guard.failed(at(`10.0.${n >> 8}.${n & 255}`, 'a', `${n}`));
  expect(guard.waitMs(at('10.0.0.0', 'a', 'x'))).toBe(0);
  expect(guard.waitMs(at('10.0.3.231', 'a', 'x'))).toBeGreaterThan(0);
});
