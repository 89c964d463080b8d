import { maskSecrets } from '@capstan/schema';
import { expect, test } from 'vitest';
import { KeyRing } from './key-ring.ts';

test('a token finds its key, and nothing else does', () => {
  const ring = new KeyRing([
    { name: 'ci', role: 'agent', workspace: 'build', value: 'value-of-ci' },
    { name: 'root', role: 'admin', value: 'value-of-root' },
  ]);
  expect(ring.find('value-of-ci')).toEqual({
    principal: { id: 'key:ci', roles: ['agent'], permissions: [] },
    role: 'agent',
    workspace: 'build',
  });
  expect(ring.find('value-of-root')).toMatchObject({ role: 'admin', workspace: undefined });
  for (const wrong of ['', 'value-of-c', 'value-of-ci ', 'VALUE-OF-CI']) expect(ring.find(wrong)).toBeUndefined();
});

test('an agent key without a workspace belongs to `default`', () => {
  expect(new KeyRing([{ name: 'a', role: 'agent', value: 'value-a' }]).find('value-a')?.workspace).toBe('default');
});

test('keys that cannot be told apart, or open to anybody, are refused by name', () => {
  const key = (name: string, value: string) => ({ name, role: 'agent', value }) as const;
  for (const [keys, words] of [
    [[key('a', '')], /key a has an empty value/],
    [[key('a', 'one-value'), key('a', 'two-value')], /two keys are named a/],
    [[key('a', 'one-value'), key('b', 'one-value')], /a and b have the same value/],
  ] as const) {
    expect(() => new KeyRing(keys)).toThrow(words);
    expect(() => new KeyRing(keys)).toThrow(expect.objectContaining({ code: 'CAPSTAN_CONFIG_INVALID' }));
  }
});

test('as long as a ring lives, its keys are masked in text', () => {
  const ring = new KeyRing([{ name: 'a', role: 'agent', value: 'cap_agent_canary' }]);
  expect(maskSecrets('key cap_agent_canary')).toBe('key ●●●●');
  expect(ring.size).toBe(1);
});
