import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { createSecret, isSecret, MASK, maskSecrets, spendSecret } from './secret.ts';

test('a secret shows itself nowhere, and can be spent', () => {
  const secret = createSecret('s3cret-value/with+chars');
  expect(`${secret}`).toBe(MASK);
  expect(JSON.stringify({ secret })).toBe(`{"secret":"${MASK}"}`);
  expect(inspect(secret)).toBe(MASK);
  expect(isSecret(secret)).toBe(true);
  expect(isSecret({ kind: 'secret' })).toBe(false);
  expect(spendSecret(secret)).toBe('s3cret-value/with+chars');
});

test('text is masked in every written form, at every base64 alignment', () => {
  const value = 'cánary "tokén"/42+x';
  const secret = createSecret(value);
  for (const lead of ['', 'a', 'ab', 'user:']) {
    const form = Buffer.from(`${lead}${value}${lead}`).toString('base64');
    expect(maskSecrets(`Basic ${form}`)).toContain(MASK);
  }
  expect(maskSecrets(`x=${encodeURIComponent(value)}`)).toBe(`x=${MASK}`);
  expect(maskSecrets(JSON.stringify({ a: value }))).toBe(`{"a":"${MASK}"}`);
  expect(maskSecrets(`plain ${value} end`)).toBe(`plain ${MASK} end`);
  expect(isSecret(secret)).toBe(true);
});
