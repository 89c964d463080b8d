import type { ServerTelemetry } from '@capstan/server';
import { expect, test } from 'vitest';
import { topView } from './top-view.ts';

const START: ServerTelemetry = {
  at: '2026-01-01T00:00:00.000Z',
  running: 0,
  tools: [
    { workspace: 'w', tool: 'a', succeeded: 10, failed: 1, denied: 0, pending: 0 },
    { workspace: 'w', tool: 'quiet', succeeded: 5, failed: 0, denied: 0, pending: 0 },
  ],
  bounds_s: [0.01, 0.1, 1],
  durations: [{ tool: 'a', buckets: [11, 0, 0, 0], count: 11, sum_s: 0.1 }],
  errors: [{ tool: 'a', code: 'CAPSTAN_RATE_LIMITED', count: 1 }],
  circuits: [],
  process: { uptime_s: 100, cpu_s: 10, resident_bytes: 1, loop_delay_p99_s: 0.02 },
};

const LATER: ServerTelemetry = {
  ...START,
  at: '2026-01-01T00:00:10.000Z',
  running: 2,
  tools: [
    { workspace: 'w', tool: 'a', succeeded: 25, failed: 3, denied: 2, pending: 1 },
    { workspace: 'w', tool: 'quiet', succeeded: 5, failed: 0, denied: 0, pending: 0 },
    { workspace: 'w', tool: 'new', succeeded: 40, failed: 0, denied: 0, pending: 0 },
  ],
  durations: [
    { tool: 'a', buckets: [12, 18, 0, 1], count: 31, sum_s: 3 },
    { tool: 'new', buckets: [40, 0, 0, 0], count: 40, sum_s: 0.1 },
  ],
  errors: [{ tool: 'a', code: 'CAPSTAN_RATE_LIMITED', count: 4 }],
  process: { uptime_s: 110, cpu_s: 15, resident_bytes: 2, loop_delay_p99_s: 0.02 },
};

test('between two looks what was called counts, the most called first, and what was not is left out', () => {
  const view = topView(LATER, START);
  expect(view).toMatchObject({ seconds: 10, running: 2, calls_per_s: 6, failed: 2, denied: 2, cpu: 0.5 });
  expect(view.tools).toEqual([
    {
      workspace: 'w',
      tool: 'new',
      calls: 40,
      calls_per_s: 4,
      failed: 0,
      denied: 0,
      limited: 0,
      p50_ms: 10,
      p95_ms: 10,
    },
    {
      workspace: 'w',
      tool: 'a',
      calls: 20,
      calls_per_s: 2,
      failed: 2,
      denied: 2,
      limited: 3,
      p50_ms: 100,
      p95_ms: 100,
    },
  ]);
});

test('one look is of all since the start', () => {
  const view = topView(START, undefined);
  expect(view.seconds).toBe(100);
  expect(view.tools.map(({ tool, calls, limited }) => [tool, calls, limited])).toEqual([
    ['a', 11, 1],
    ['quiet', 5, 0],
  ]);
});

test('a server that was started anew in between has no negative counts', () => {
  const view = topView({ ...START, at: LATER.at, process: { ...START.process, uptime_s: 3 } }, LATER);
  expect(view.seconds).toBe(3);
  expect(view.tools.every(({ calls }) => calls >= 0)).toBe(true);
});
