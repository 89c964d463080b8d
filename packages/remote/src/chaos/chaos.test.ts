import { expect, test } from 'vitest';
import { BEHAVIOURS, type Behaviour } from './behaviours.test.support.ts';
import { type ChaosFigures, DEADLINE_MS, runChaos } from './chaos-run.test.support.ts';

/** What holds whatever the services do. */
function expectOrder(figures: ChaosFigures): void {
  expect(figures.wronglyEnded).toBe(0);
  expect(Object.keys(figures.outcomes).filter((code) => !/^(succeeded|CAPSTAN_[A-Z_]+)$/.test(code))).toEqual([]);
  expect(figures.outcomes.CAPSTAN_INTERNAL).toBeUndefined();
  expect(figures.unhandled).toBe(0);
  expect(figures.once.doubled).toEqual([]);
  expect(figures.once.repeated).toEqual([]);
  expect(figures.leftOver).toEqual([]);
  // A busy machine may be late to look at its clock.
  expect(figures.longestMs).toBeLessThan(DEADLINE_MS * 2);
}

const ENDINGS: Readonly<Record<Behaviour, RegExp>> = {
  success: /^succeeded$/,
  busy_503: /UNAVAILABLE|CIRCUIT_OPEN/,
  busy_429: /RATE_LIMITED/,
  retriable: /UNAVAILABLE|CIRCUIT_OPEN/,
  error_500: /UNAVAILABLE|CIRCUIT_OPEN/,
  refuse_422: /REFUSED/,
  reset_before_headers: /UNREACHABLE|CIRCUIT_OPEN/,
  reset_mid_body: /INVALID_RESPONSE|UNREACHABLE|CIRCUIT_OPEN/,
  hang_before_headers: /TIMEOUT|CIRCUIT_OPEN/,
  drip: /TIMEOUT|CIRCUIT_OPEN/,
  garbage: /INVALID_RESPONSE|UNREACHABLE|CIRCUIT_OPEN/,
  too_short: /INVALID_RESPONSE|UNREACHABLE|CIRCUIT_OPEN/,
  too_long: /succeeded|INVALID_RESPONSE|UNREACHABLE|CIRCUIT_OPEN/,
  redirect_circle: /INVALID_RESPONSE|CIRCUIT_OPEN/,
};

test.each(BEHAVIOURS)('a service that does nothing but %s', async (behaviour) => {
  const figures = await runChaos({
    seed: 11,
    callsPerSecond: 200,
    seconds: 1,
    services: 1,
    isDeadly: false,
    behaviours: [behaviour],
  });
  expectOrder(figures);
  for (const code of Object.keys(figures.outcomes)) expect(code).toMatch(ENDINGS[behaviour]);
});

test('three services that do all of it, balanced, killed at random', async () => {
  expectOrder(await runChaos({ seed: 5, callsPerSecond: 200, seconds: 5, services: 3, isDeadly: true }));
});

test('a service that does all of it, killed and started again at random under 200 calls a second for a minute', async () => {
  const figures = await runChaos({ seed: 3, callsPerSecond: 200, seconds: 60, services: 1, isDeadly: true });
  expectOrder(figures);
  expect([figures.calls, figures.kills > 10, figures.once.requests > 500]).toEqual([12_000, true, true]);
}, 120_000);
