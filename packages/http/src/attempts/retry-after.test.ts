import { expect, test } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const NOW = Date.UTC(2026, 0, 1);

test.each([
  ['0', 0],
  ['120', 120_000],
  [' 3 ', 3_000],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
  ['Thursday, 01-Jan-26 00:00:30 GMT', 30_000],
  ['1.5', undefined],
  ['-1', undefined],
  ['1e3', undefined],
  ['', undefined],
  ['soon', undefined],
  ['99999999999999999999', undefined],
  [['1', '2'], undefined],
  [undefined, undefined],
])('%j asks to wait %s ms', (value, ms) => {
  expect(retryAfterMs(value, NOW)).toBe(ms);
});
