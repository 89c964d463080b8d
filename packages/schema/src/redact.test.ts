import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRedactor } from './redact.ts';
import { MASK } from './secret.ts';

const secret = { type: 'string', 'x-secret': true };

test('where nothing is secret the value itself comes back', () => {
  const value = { a: { b: [1] } };
  expect(createRedactor({ properties: { a: { properties: { b: { items: {} } } } } })(value)).toBe(value);
  expect(createRedactor(true)(value)).toBe(value);
});

test('x-secret, format password and writeOnly are masked, whatever the value is', () => {
  const redact = createRedactor({
    properties: { a: secret, b: { format: 'password' }, c: { writeOnly: true }, d: {} },
  });
  expect(redact({ a: 'x', b: '', c: { deep: 1 }, d: 'y', e: 'z' })).toEqual({
    a: MASK,
    b: MASK,
    c: MASK,
    d: 'y',
    e: 'z',
  });
  expect(redact(undefined)).toBeUndefined();
});

test.each([
  [
    'a property of an object in a list',
    { items: { properties: { a: secret } } },
    [{ a: 'x', b: 1 }],
    [{ a: MASK, b: 1 }],
  ],
  ['an item by its place', { prefixItems: [{}, secret] }, ['a', 'b', 'c'], ['a', MASK, 'c']],
  ['an item of draft-07 by its place', { items: [{}, secret] }, ['a', 'b'], ['a', MASK]],
  [
    'properties that are not named',
    { properties: { a: {} }, additionalProperties: secret },
    { a: 'x', b: 'y' },
    { a: 'x', b: MASK },
  ],
  [
    'properties by pattern',
    { patternProperties: { _token$: secret } },
    { a_token: 'x', b: 'y' },
    { a_token: MASK, b: 'y' },
  ],
  ['properties by a pattern that cannot run', { patternProperties: { '(?=x)': secret } }, { a: 'x' }, { a: MASK }],
  ['a branch that may apply', { anyOf: [{ properties: { a: secret } }, {}] }, { a: 'x' }, { a: MASK }],
  ['a condition', { if: {}, else: { properties: { a: secret } } }, { a: 'x' }, { a: MASK }],
  ['a local reference', { properties: { a: { $ref: '#/$defs/s' } }, $defs: { s: secret } }, { a: 'x' }, { a: MASK }],
  [
    'a recursive schema',
    { properties: { a: secret, next: { $ref: '#' } } },
    { next: { next: { a: 'x' } } },
    { next: { next: { a: MASK } } },
  ],
  ['the value itself', secret, 'x', MASK],
])('%s is masked', (_name, schema, value, masked) => {
  expect(createRedactor(schema)(value)).toEqual(masked);
});

test('what is not secret is shared with the original, and the original is not changed', () => {
  const value = { a: 'x', b: { c: [1, 2] } };
  const masked = createRedactor({ properties: { a: secret } })(value);
  expect(masked).toEqual({ a: MASK, b: value.b });
  expect((masked as typeof value).b).toBe(value.b);
  expect(value.a).toBe('x');
});

test('a canary under a secret key is in no masked value, whatever is around it', () => {
  const schema = { properties: { token: secret }, additionalProperties: { $ref: '#' }, items: { $ref: '#' } };
  const withCanary = fc.letrec((tie) => ({
    leaf: fc.constant({ token: 'canary-1234' }),
    node: fc.oneof(
      { depthSize: 'small' },
      tie('leaf'),
      fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'token'), tie('node'), { maxKeys: 3 }),
      fc.array(tie('node'), { maxLength: 3 }),
    ),
  })).node;
  const redact = createRedactor(schema);
  fc.assert(
    fc.property(withCanary, (value) => {
      expect(JSON.stringify(redact(JSON.parse(JSON.stringify(value))))).not.toContain('canary');
    }),
  );
});
