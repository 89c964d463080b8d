import { expect, test } from 'vitest';
import type { RateLimiter, WindowRule } from './rate-limiter.ts';

/** A limiter, and the way to let time pass for it. */
export interface LimiterUnderTest {
  readonly limiter: RateLimiter;
  now(): number;
  /** Lets at least so much time pass. */
  pass(ms: number): Promise<void>;
}

const WINDOW_MS = 1_000;

/** A rule with a key that no other test has. */
function rule(key: string, limit: number, more: Partial<WindowRule> = {}): WindowRule {
  return { key, limit, windowMs: WINDOW_MS, begins: 'first_call', name: 'calls', ...more };
}

/** What every limiter does. */
export function rateLimiterContract(open: () => Promise<LimiterUnderTest>): void {
  test('so many calls fit in a window, the rest are refused until it is over', async () => {
    const { limiter, now, pass } = await open();
    const rules = [rule('a', 2)];
    expect(await limiter.take(rules, now())).toMatchObject({ kind: 'taken', tightest: { remaining: 1 } });
    expect(await limiter.take(rules, now())).toMatchObject({ kind: 'taken', tightest: { remaining: 0 } });
    const refusal = await limiter.take(rules, now());
    expect(refusal).toMatchObject({ kind: 'full', window: { rule: { key: 'a' }, remaining: 0 } });
    if (refusal.kind !== 'full') return;
    expect(refusal.window.resetMs).toBeGreaterThan(0);
    expect(refusal.window.resetMs).toBeLessThanOrEqual(WINDOW_MS);
    await pass(refusal.window.resetMs);
    expect(await limiter.take(rules, now())).toMatchObject({ kind: 'taken', tightest: { remaining: 1 } });
  });

  test('keys count apart, and a limit of none lets nothing through', async () => {
    const { limiter, now } = await open();
    expect(await limiter.take([rule('a', 1)], now())).toMatchObject({ kind: 'taken' });
    expect(await limiter.take([rule('b', 1)], now())).toMatchObject({ kind: 'taken' });
    expect(await limiter.take([rule('a', 1)], now())).toMatchObject({ kind: 'full' });
    expect(await limiter.take([rule('c', 0)], now())).toMatchObject({ kind: 'full' });
    expect(await limiter.take([], now())).toEqual({ kind: 'taken', tightest: undefined });
  });

  test('a call that one window refuses takes nothing from the others', async () => {
    const { limiter, now } = await open();
    const [wide, narrow] = [rule('wide', 3), rule('narrow', 1)];
    expect(await limiter.take([wide, narrow], now())).toMatchObject({
      kind: 'taken',
      tightest: { rule: { key: 'narrow' } },
    });
    for (let n = 0; n < 3; n += 1) {
      expect(await limiter.take([wide, narrow], now())).toMatchObject({
        kind: 'full',
        window: { rule: { key: 'narrow' } },
      });
    }
    expect(await limiter.take([wide], now())).toMatchObject({ kind: 'taken', tightest: { remaining: 1 } });
  });

  test('a window of the epoch ends with a multiple of its length, whenever its first call came', async () => {
    const { limiter, now } = await open();
    const day = rule('day', 1, { windowMs: 86_400_000, begins: 'epoch', name: 'quota' });
    const at = Math.floor(now() / 86_400_000) * 86_400_000;
    expect(await limiter.take([day], at + 86_399_000)).toMatchObject({ kind: 'taken' });
    expect(await limiter.take([day], at + 86_399_500)).toMatchObject({ kind: 'full', window: { resetMs: 500 } });
    expect(await limiter.take([day], at + 86_400_000)).toMatchObject({ kind: 'taken' });
  });

  test('of calls at the same moment only so many pass', async () => {
    const { limiter, now } = await open();
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => limiter.take([rule('many', 10)], now())));
    expect(verdicts.filter(({ kind }) => kind === 'taken')).toHaveLength(10);
  });
}
