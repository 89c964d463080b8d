import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

test('keys stand in the order of their code units, at every depth', () => {
  expect(canonicalJson({ b: [{ z: 1, a: null }], a: 'x', B: undefined, ä: 1, '10': 2, '9': 3 })).toBe(
    '{"10":2,"9":3,"a":"x","b":[{"a":null,"z":1}],"ä":1}',
  );
});

test('what JSON cannot carry is null, and what writes itself does so', () => {
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
  expect(canonicalJson([undefined, Number.NaN, , new Date(0)])).toBe('[null,null,null,"1970-01-01T00:00:00.000Z"]');
  expect(canonicalJson(undefined)).toBe('null');
});

function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reordered(member)]),
  );
}

test('any JSON value reads back as itself, whatever order its keys came in, and different values differ', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), fc.jsonValue(), (value, other) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      const text = canonicalJson(plain);
      expect(JSON.parse(text)).toEqual(plain);
      expect(canonicalJson(reordered(plain))).toBe(text);
      const different: unknown = JSON.parse(JSON.stringify(other));
      expect(canonicalJson(different) === text).toBe(
        JSON.stringify(sorted(different)) === JSON.stringify(sorted(plain)),
      );
    }),
  );
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => [key, sorted(member)]);
}
