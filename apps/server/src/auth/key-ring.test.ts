import { maskSecrets } from '@capstan/schema';
import { expect, test } from 'vitest';
import { KeyRing } from './key-ring.ts';

test('a token finds its key, and nothing else does', () => {
  const ring = new KeyRing([
    { name: 'ci', role: 'agent', workspace: 'build', value: 'value-of-the-key-ci' },
    { name: 'root', role: 'admin', value: 'value-of-the-key-root' },
  ]);
  expect(ring.find('value-of-the-key-ci')).toEqual({
    principal: { id: 'key:ci', roles: ['agent'], permissions: [] },
    role: 'agent',
    workspace: 'build',
  });
  expect(ring.find('value-of-the-key-root')).toMatchObject({ role: 'admin', workspace: undefined });
  for (const wrong of ['', 'value-of-the-key-c', 'value-of-the-key-ci ', 'VALUE-OF-THE-KEY-CI'])
    expect(ring.find(wrong)).toBeUndefined();
});

test('an agent key without a workspace belongs to `default`', () => {
  expect(
    new KeyRing([{ name: 'a', role: 'agent', value: 'value-of-the-key-a' }]).find('value-of-the-key-a')?.workspace,
  ).toBe('default');
});

test('keys that cannot be told apart, or open to anybody, are refused by name', () => {
  const key = (name: string, value: string) => ({ name, role: 'agent', value }) as const;
  for (const [keys, words] of [
    [[key('a', '')], /key a has an empty value/],
    [[key('a', 'one-value-of-a-key'), key('a', 'two-value-of-a-key')], /two keys are named a/],
    [[key('a', 'one-value-of-a-key'), key('b', 'one-value-of-a-key')], /a and b have the same value/],
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
