import { isCapstanError } from '@capstan/sdk';
import { describe, expect, test } from 'vitest';
import { AddressGuard, EgressRefusal, egressHintOf } from './address-guard.ts';

describe('without leave of the operator only globally routable addresses are reached', () => {
  const guard = new AddressGuard([]);
  test.each([
    ['8.8.8.8', true],
    ['2606:4700:4700::1111', true],
    ['127.0.0.1', false],
    ['127.255.255.254', false],
    ['0.0.0.0', false],
    ['10.0.0.1', false],
    ['172.16.0.1', false],
    ['192.168.1.1', false],
    ['100.64.0.1', false],
    ['169.254.169.254', false],
    ['192.0.2.1', false],
    ['198.18.0.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['::', false],
    ['::1', false],
    ['fe80::1', false],
    ['fe80::1%eth0', false],
    ['fc00::1', false],
    ['fd12:3456::1', false],
    ['fec0::1', false],
    ['ff02::1', false],
    ['2001:db8::1', false],
    ['100::1', false],
    ['4000::1', false],
    // An IPv4 address in IPv6 clothes is judged by what it is.
    ['::ffff:127.0.0.1', false],
    ['::ffff:7f00:1', false],
    ['::ffff:169.254.169.254', false],
    ['::ffff:8.8.8.8', true],
    ['::ffff:0:7f00:1', false],
    ['::7f00:1', false],
    ['::127.0.0.1', false],
    ['::a9fe:a9fe', false],
    ['64:ff9b::7f00:1', false],
    ['64:ff9b::808:808', true],
    ['64:ff9b:1::a00:1', false],
    ['2002:7f00:1::', false],
    ['2002:a9fe:a9fe::1', false],
    ['2002:808:808::1', true],
    ['2001:0:808:808:8000:63bf:80ff:fffe', false],
    ['2001:0:7f00:1:8000:63bf:f7f7:f7f7', false],
    ['2001:0:808:808:8000:63bf:f7f7:f7f7', true],
    ['2130706433', false],
    ['0x7f000001', false],
    ['not an address', false],
    ['', false],
  ])('%s: %s', (address, permitted) => {
    expect(guard.permits(address)).toBe(permitted);
  });
});

test('a range that the operator allows opens itself, and in every form', () => {
  const guard = new AddressGuard(['127.0.0.0/8', 'fd00::/8']);
  expect(guard.permits('127.0.0.1')).toBe(true);
  expect(guard.permits('::ffff:127.0.0.1')).toBe(true);
  expect(guard.permits('fd12::1')).toBe(true);
  expect(guard.permits('10.0.0.1')).toBe(false);
  expect(guard.permits('::1')).toBe(false);
});

test('a range that is none is a mistake in the configuration', () => {
  for (const range of ['localhost', '127.0.0.1', '127.0.0.0/99', '']) {
    expect(() => new AddressGuard([range])).toSatisfy((build: () => unknown) => {
      try {
        build();
        return false;
      } catch (error) {
        return isCapstanError(error) && error.code === 'CAPSTAN_CONFIG_INVALID';
      }
    });
  }
});

test('of the addresses of a name only the permitted ones are connected to; with none it is refused', async () => {
  const answers: Record<string, string[]> = {
    mixed: ['10.0.0.1', '8.8.8.8'],
    inner: ['10.0.0.1', 'fd00::1'],
    none: [],
  };
  const guard = new AddressGuard([], async (name) =>
    (answers[name] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  );
  expect(await guard.resolve('mixed', {})).toEqual([{ address: '8.8.8.8', family: 4 }]);
  expect(await guard.resolve('none', {})).toEqual([]);
  const refusal = await guard.resolve('inner', {}).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(EgressRefusal);
  expect(String(refusal)).not.toContain('10.0.0.1');
});

test.each([
  { addresses: ['127.0.0.1'], line: 'egress: { allow_private: [127.0.0.0/8] }' },
  { addresses: ['::1', '127.0.0.1'], line: 'egress: { allow_private: [127.0.0.0/8] }' },
  { addresses: ['::ffff:10.1.2.3'], line: 'egress: { allow_private: [10.0.0.0/8] }' },
  { addresses: ['172.20.0.5', '192.168.1.1'], line: 'egress: { allow_private: [172.16.0.0/12, 192.168.0.0/16] }' },
  { addresses: ['fd00::1'], line: 'egress: { allow_private: ["fc00::/7"] }' },
])('a refusal of $addresses says the line that allows it', ({ addresses, line }) => {
  const refusal = new EgressRefusal('tools.internal', addresses);
  expect(egressHintOf(new Error('outer', { cause: refusal })).hint?.endsWith(line)).toBe(true);
});

test('nobody is told to open the addresses of cloud metadata', () => {
  expect(egressHintOf(new EgressRefusal('metadata', ['169.254.169.254', 'fe80::1', '0.0.0.0']))).toEqual({});
});
