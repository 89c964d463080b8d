import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf, maskTokens, mintToken, prefixOf, readToken } from './key-token.ts';

test('a key has its prefix, 256 random bits and a checksum, in letters and digits', () => {
  const asked: number[] = [];
  const { token, prefix, digest } = mintToken((size) => {
    asked.push(size);
    return randomBytes(size);
  });
  expect(token).toMatch(/^cap_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}$/);
  expect(token.startsWith(`cap_${prefix}_`)).toBe(true);
  expect(asked.at(-1)).toBe(32);
  expect(digest).toBe(digestOf(token));
  expect(readToken(token)).toEqual({ kind: 'minted', prefix });
  expect(prefixOf(token)).toBe(prefix);
});

test('a paste that was cut short or has a wrong letter is told apart without asking anybody', () => {
  const { token } = mintToken(randomBytes);
  for (let length = 4; length < token.length; length += 1) {
    expect(readToken(token.slice(0, length))).toEqual({ kind: 'damaged' });
  }
  fc.assert(
    fc.property(fc.integer({ min: 15, max: token.length - 1 }), fc.constantFrom(...'0aZ9'), (at, letter) => {
      fc.pre(token[at] !== letter);
      expect(readToken(token.slice(0, at) + letter + token.slice(at + 1)).kind).toBe('damaged');
    }),
  );
});

test.each(['', 'a', 'cap_admin_0123456789012345678901', 'cap_agent_of-the-tests', 'eyJh.eyJi.c2ln', 'caps_x'])(
  '%j is no key of ours',
  (text) => expect(readToken(text)).toEqual({ kind: 'foreign' }),
);

test('a value that somebody chose is found by the beginning of its digest, which says nothing of the value', () => {
  expect(prefixOf('a value of an operator')).toBe(`sha256:${digestOf('a value of an operator').slice(0, 16)}`);
});

test('the smallest and the largest secrets have the same length', () => {
  for (const byte of [0, 255]) {
    const { token } = mintToken((size) => new Uint8Array(size).fill(byte));
    expect(readToken(token).kind).toBe('minted');
  }
});

test('in text a key keeps its public part alone', () => {
  const { token, prefix } = mintToken(randomBytes);
  expect(maskTokens(`key ${token}, and caps_eyJhbGciOiJIUzI1NiJ9.e30.abc`)).toBe(
    `key cap_${prefix}_●●●●, and caps_●●●●`,
  );
  expect(maskTokens('a capability')).toBe('a capability');
});
