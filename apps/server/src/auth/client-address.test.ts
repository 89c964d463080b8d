import { addressRanges } from '@capstan/http';
import { expect, test } from 'vitest';
import { clientAddress } from './client-address.ts';

const PROXIES = addressRanges(['10.0.0.0/8'], 'test');

function addressOf(peer: string | undefined, forwarded?: string): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return clientAddress({ headers, socket: { remoteAddress: peer } }, PROXIES);
}

test('a header of somebody who is no trusted proxy counts for nothing', () => {
  expect(addressOf('192.0.2.1', '198.51.100.1')).toBe('192.0.2.1');
  expect(addressOf('192.0.2.1')).toBe('192.0.2.1');
  expect(addressOf(undefined, '198.51.100.1')).toBe('unknown');
});

test('behind trusted proxies the client is whom the last of them heard, whatever the client wrote itself', () => {
  expect(addressOf('10.0.0.1', '198.51.100.1')).toBe('198.51.100.1');
  expect(addressOf('10.0.0.1', '1.1.1.1, 198.51.100.1, 10.0.0.2')).toBe('198.51.100.1');
  expect(addressOf('::ffff:10.0.0.1', '198.51.100.1')).toBe('198.51.100.1');
  expect(addressOf('10.0.0.1', '10.0.0.3, 10.0.0.2')).toBe('10.0.0.3');
  expect(addressOf('10.0.0.1', ' , ')).toBe('10.0.0.1');
  expect(addressOf('10.0.0.1', 'unknown, 10.0.0.2')).toBe('unknown');
});

test('without trusted proxies nobody is believed', () => {
  const none = addressRanges([], 'test');
  const place = { headers: { 'x-forwarded-for': '198.51.100.1' }, socket: { remoteAddress: '127.0.0.1' } };
  expect(clientAddress(place, none)).toBe('127.0.0.1');
});
