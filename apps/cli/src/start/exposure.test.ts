import { expect, test } from 'vitest';
import { exposureWarning } from './exposure.ts';

test.each(['127.0.0.1', 'localhost', '::1'])('%s is nobody else’s to reach', (host) => {
  expect(exposureWarning(host, '7420')).toBeUndefined();
});

test('listening everywhere is told with the addresses that others use, and the names that it answers to', () => {
  const warning = exposureWarning('0.0.0.0', '7420', ['192.0.2.7']);
  expect(warning).toContain('others reach it at http://192.0.2.7:7420');
  expect(warning).toContain('server.allowed_hosts');
});

test('one address of the machine is its own', () => {
  expect(exposureWarning('2001:db8::1', '1')).toContain('http://[2001:db8::1]:1');
});
