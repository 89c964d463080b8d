import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileSchema } from './json-schema.ts';

function accepts(value: unknown): boolean {
  const compilation = compileSchema({ uniqueItems: true }, { origin: 'own' });
  return compilation.ok && compilation.schema.accepts(value);
}

test('uniqueItems gives the verdict that Ajv gives', () => {
  const byAjv = new Ajv2020({ strict: false }).compile({ uniqueItems: true });
  const item = fc.jsonValue({ maxDepth: 2, stringUnit: fc.constantFrom('a', '"', ',') });
  const list = fc.array(
    fc.oneof(item, fc.constantFrom<unknown>({ a: 1, b: 2 }, { b: 2, a: 1 }, 1, '1', true, null, [], {})),
  );
  fc.assert(
    fc.property(list, (items) => {
      expect(accepts(items)).toBe(byAjv(items));
    }),
    { numRuns: 1_000 },
  );
});

test('a long list of objects takes no time that grows with its square', () => {
  const items = Array.from({ length: 100_000 }, (_, id) => ({ id }));
  expect(accepts(items)).toBe(true);
  expect(accepts([...items, { id: 5 }])).toBe(false);
});
