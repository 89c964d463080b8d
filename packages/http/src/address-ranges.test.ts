import { describe, expect, test } from 'vitest';
import { addressRanges, networkOf } from './address-ranges.ts';

describe('ranges', () => {
  const ranges = addressRanges(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1/128'], 'test');

  test.each(['10.1.2.3', '192.0.2.7', '2001:db8:1::9', '::1', '::ffff:10.9.9.9'])('%s is in', (address) => {
    expect(ranges.includes(address)).toBe(true);
  });

  test.each(['11.0.0.1', '192.0.2.8', '2001:db9::1', '', 'unknown', '10.0.0.1:80', '10.0.0.0/8'])(
    '%s is not',
    (address) => {
      expect(ranges.includes(address)).toBe(false);
    },
  );

  test('none hold nothing', () => {
    const none = addressRanges([], 'test');
    expect(none.isEmpty).toBe(true);
    expect(none.includes('127.0.0.1')).toBe(false);
  });

  test.each(['10.0.0.0/33', 'localhost', '', '10.0.0.0/x'])('%j is refused by name', (text) => {
    expect(() => addressRanges([text], 'auth.blocked')).toThrow(
      expect.objectContaining({ code: 'CAPSTAN_CONFIG_INVALID', message: expect.stringContaining('auth.blocked') }),
    );
  });
});

test('of IPv6 the first 64 bits count: whoever holds one address holds them all', () => {
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
  expect(networkOf('2001:db8:1:2::ffff')).toBe('2001:db8:1:2::/64');
  expect(networkOf('192.0.2.7')).toBe('192.0.2.7');
  expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
  expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  expect(networkOf('nobody')).toBeUndefined();
});

test('an answer stays the same, however often and for however many addresses it is asked for', () => {
  const ranges = addressRanges(['10.0.0.0/8'], 'test');
  for (let n = 0; n < 10_000; n += 1) {
    expect(ranges.includes(`10.0.${n >> 8}.${n & 255}`)).toBe(true);
    expect(ranges.includes(`11.0.${n >> 8}.${n & 255}`)).toBe(false);
  }
  expect(ranges.includes('10.0.0.0')).toBe(true);
});
