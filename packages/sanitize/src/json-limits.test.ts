import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkJson, parseJson } from './json-limits.ts';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('JSON within limits', () => {
  it('is parsed', () => {
    expect(parseJson('{"a":[1,"[[[["]}', { maxDepth: 2 })).toEqual({ a: [1, '[[[['] });
    expect(parseJson('7', { maxDepth: 0 })).toBe(7);
    expect(parseJson(nested(64))).toEqual(JSON.parse(nested(64)));
  });

  it.each([
    ['too deep', nested(65), {}, 'nested deeper than 64'],
    ['far too deep', nested(400_000), {}, 'nested deeper than 64'],
    ['too long', '"éé"', { maxBytes: 5 }, '6 bytes, more than 5'],
    ['too much', '[1,2,3]', { maxValues: 3 }, 'more than 3 values'],
    ['no JSON', '{"a":', {}, 'no JSON'],
    ['no JSON, with a bracket left open', '["[[[', {}, 'no JSON'],
  ])('is refused when it is %s', (_case, text, limits, reason) => {
    expect(() => parseJson(text, limits)).toThrow(reason);
  });

  it('agrees with the parser on every text that it takes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(8), (value, maxDepth) => {
        const text = JSON.stringify(value);
        const deep = depthOf(value) > maxDepth;
        if (deep) expect(() => parseJson(text, { maxDepth })).toThrow('nested deeper');
        else expect(parseJson(text, { maxDepth })).toEqual(JSON.parse(text));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a parsed value', () => {
  it('is checked without building its text first', () => {
    checkJson({ a: [1, null, true, 'x'] });
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => checkJson(cycle)).toThrow('nested deeper than 64');
    const wide = Array.from({ length: 20 }, () => cycle);
    cycle.push(...wide);
    expect(() => checkJson(cycle)).toThrow('more than 100000 values');
    expect(() => checkJson('x'.repeat(11), { maxBytes: 12 })).toThrow('13 bytes');
  });

  it.each([undefined, Number.NaN, 1n, Symbol('s'), () => 1, new Date(), new Map(), [undefined]])(
    '%s is no JSON',
    (value) => {
      expect(() => checkJson(value)).toThrow('JSON cannot hold');
    },
  );
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
