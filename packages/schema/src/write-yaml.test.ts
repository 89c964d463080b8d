import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeYaml } from './write-yaml.ts';
import { readYaml } from './yaml-document.ts';

const TRICKY = ['true', 'null', '1.0', '0x1', '~', '', ' a', 'a: b', '# c', "it's", '"q"', 'a\nb\n', '- x', '*a', '!t'];
const MORE = ['<<', '=', '2026-01-01', '.inf', 'y', '---', '{a}', '[b]', '%x', '@x', '`x', '\ta', 'a\r\nb', '\u2028'];

test('what is written reads back as the same value', () => {
  const text = fc.oneof(fc.constantFrom(...TRICKY, ...MORE), fc.string({ unit: 'grapheme' }));
  const scalar = fc.oneof(
    text,
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constant(null),
  );
  const { any } = fc.letrec((tie) => ({
    any: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('any')), fc.dictionary(text, tie('any'))),
  }));
  fc.assert(
    fc.property(any, (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      const reading = readYaml(writeYaml(JSON.parse(JSON.stringify(value))), { path: 'x.yaml', codePrefix: 'X' });
      expect(reading).toMatchObject({ value: plain, diagnostics: [] });
    }),
    { numRuns: 1_000 },
  );
});

test('parts that are shared are written out', () => {
  const shared = { a: 1 };
  expect(writeYaml({ b: shared, c: shared })).toBe('b:\n  a: 1\nc:\n  a: 1\n');
});
