import { expect, test } from 'vitest';
import { plainText } from './plain-text.ts';

test('controls of terminals and of the direction of text are left out; lines and tabs stay', () => {
  expect(plainText('m\u001b]0;pwn\u0007\u009b31m\u202e\u2066\u0000\r\n\tnext\u2028')).toBe('m]0;pwn31m\n\tnext');
  expect(plainText('größer 日本 👍')).toBe('größer 日本 👍');
});
