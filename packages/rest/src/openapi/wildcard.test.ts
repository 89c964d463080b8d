import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesWildcard } from './wildcard.ts';

test.each([
  ['/repos/*', '/repos/{owner}', true],
  ['/repos/*', '/repos/{owner}/{repo}', false],
  ['/repos/**', '/repos/{owner}/{repo}', true],
  ['**/issues', '/repos/{owner}/issues', true],
  ['repos/*-for-org', 'repos/list-for-org', true],
  ['/a', '/ab', false],
  ['', '', true],
  ['*', '', true],
])('%s and %s: %s', (pattern, text, expected) => {
  expect(matchesWildcard(pattern, text)).toBe(expected);
});

test('it agrees with a regular expression, and is not stopped by many asterisks', () => {
  const piece = fc.constantFrom('a', 'b', '/', '*', '**');
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }),
      fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 8 }),
      (p, t) => {
        const source = p.join('').replaceAll(/\*\*|\*/g, (run) => (run === '**' ? '.*' : '[^/]*'));
        expect(matchesWildcard(p.join(''), t.join(''))).toBe(new RegExp(`^${source}$`, 's').test(t.join('')));
      },
    ),
    { numRuns: 1_000 },
  );
  expect(matchesWildcard('a*'.repeat(200), 'a'.repeat(2_000))).toBe(true);
});
