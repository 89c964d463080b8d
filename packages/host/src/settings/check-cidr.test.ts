import { expect, test } from 'vitest';
import { cidrFlaw } from './check-cidr.ts';

test.each(['127.0.0.0/8', '0.0.0.0/0', '10.1.2.3/32', '::1/128', 'fd00::/8', '::ffff:10.0.0.0/104', '2001:db8::/32'])(
  '%s is a range',
  (range) => expect(cidrFlaw(range)).toBeUndefined(),
);

test.each([
  ['127.0.0.1', 'lacks its length: 127.0.0.1/32 is this one address'],
  ['::1', 'lacks its length: ::1/128 is this one address'],
  ['10.0.0.0/33', 'has a length that is not from 0 to 32'],
  ['fd00::/129', 'has a length that is not from 0 to 128'],
  ['10.0.0.0/-1', 'has a length that is not from 0 to 32'],
  ['10.0.0.0/', 'has a length that is not from 0 to 32'],
  ['10.0.0/8', 'is no IPv4 or IPv6 address range'],
  ['10.0.0.256/8', 'is no IPv4 or IPv6 address range'],
  ['010.0.0.0/8', 'is no IPv4 or IPv6 address range'],
  ['0x7f.0.0.1/8', 'is no IPv4 or IPv6 address range'],
  ['localhost/8', 'is no IPv4 or IPv6 address range'],
  ['10.0.0.0/8/8', 'is no IPv4 or IPv6 address range'],
  ['fd00::g/8', 'is no IPv4 or IPv6 address range'],
  ['fe80::1%eth0/64', 'is no IPv4 or IPv6 address range'],
  ['[::1]/128', 'is no IPv4 or IPv6 address range'],
])('%s %s', (range, flaw) => expect(cidrFlaw(range)).toBe(flaw));
