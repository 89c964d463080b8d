import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { chosenKeys } from './chosen-keys.ts';
import { mintToken } from './key-token.ts';

const key = (name: string, value: string) => ({ name, role: 'agent', value }) as const;

test('an agent without a workspace belongs to `default`, an operator without one to none', () => {
  const [agent, operator] = chosenKeys([
    key('a', 'one-value-of-a-key'),
    { name: 'o', role: 'operator', value: 'two-value-of-a-key' },
  ]);
  expect(agent).toMatchObject({ id: 'key_config_a', workspace: 'default', expiresAt: undefined });
  expect(operator?.workspace).toBeUndefined();
});

const { token } = mintToken(randomBytes);

test.each([
  [[key('a', '')], /key a has an empty value/],
  [[key('a', 'short')], /key a is too weak/],
  [[key('a', 'with a space in it, long')], /key a is too weak/],
  [[key('a', 'ünprintable-and-long-enough')], /key a is too weak/],
  [[key('a', token.slice(0, -1))], /key a is a key of Capstan that was cut short/],
  [[key('a', 'one-value-of-a-key'), key('a', 'two-value-of-a-key')], /two keys are named a/],
  [[key('a', 'one-value-of-a-key'), key('b', 'one-value-of-a-key')], /a and b have the same value/],
])('%j is refused by name', (keys, words) => {
  expect(() => chosenKeys(keys)).toThrow(words);
  expect(() => chosenKeys(keys)).toThrow(expect.objectContaining({ code: 'CAPSTAN_CONFIG_INVALID' }));
});
