import type { Clock } from '@capstan/sdk';

/** A clock that stands still until it is told to move. */
export interface FakeClock extends Clock {
  /** Moves the clock forward, in ms. */
  advance(ms: number): void;
}

/** A {@link FakeClock}. `startMs` is in ms since the epoch; 2026-01-01T00:00:00Z by default. */
export function fakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let now = startMs;
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
  };
}
