import { expect, test } from 'vitest';
import type { ConcurrencyLimiter, SlotRule } from './concurrency-limiter.ts';

const LEASE_MS = 60_000;

function rule(key: string, limit: number): SlotRule {
  return { key, limit, name: 'tool' };
}

/** A limiter, and the way to know that what it was told has arrived. */
export interface ConcurrencyUnderTest {
  readonly limiter: ConcurrencyLimiter;
  settled(): Promise<void>;
}

/** What every limiter does. */
export function concurrencyContract(open: () => Promise<ConcurrencyUnderTest>): void {
  test('so many calls are inside at once, and one that leaves lets another in', async () => {
    const { limiter, settled } = await open();
    const first = await limiter.enter([rule('a', 2)], LEASE_MS);
    expect(first.kind).toBe('entered');
    expect((await limiter.enter([rule('a', 2)], LEASE_MS)).kind).toBe('entered');
    expect(await limiter.enter([rule('a', 2)], LEASE_MS)).toEqual({ kind: 'full', rule: rule('a', 2) });
    if (first.kind !== 'entered') return;
    first.leave();
    first.leave();
    await settled();
    expect((await limiter.enter([rule('a', 2)], LEASE_MS)).kind).toBe('entered');
    expect((await limiter.enter([rule('a', 2)], LEASE_MS)).kind).toBe('full');
  });

  test('a call that one key refuses takes no slot of the others', async () => {
    const { limiter } = await open();
    expect((await limiter.enter([rule('full', 1)], LEASE_MS)).kind).toBe('entered');
    for (let n = 0; n < 3; n += 1) {
      expect(await limiter.enter([rule('free', 1), rule('full', 1)], LEASE_MS)).toMatchObject({
        kind: 'full',
        rule: { key: 'full' },
      });
    }
    expect((await limiter.enter([rule('free', 1)], LEASE_MS)).kind).toBe('entered');
  });

  test('of calls at the same moment only so many come in', async () => {
    const { limiter } = await open();
    const verdicts = await Promise.all(Array.from({ length: 40 }, () => limiter.enter([rule('many', 7)], LEASE_MS)));
    expect(verdicts.filter(({ kind }) => kind === 'entered')).toHaveLength(7);
  });
}
