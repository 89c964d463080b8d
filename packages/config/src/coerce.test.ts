import { expect, test } from 'vitest';
import { coerce } from './coerce.ts';
import { rootPlace } from './schema-place.ts';

const strings = { type: 'array', items: { type: 'string' } };

test.each([
  ['false', { type: 'boolean' }, false],
  ['TRUE', { type: 'boolean' }, true],
  ['0', { type: 'boolean' }, false],
  ['on', { type: 'boolean' }, true],
  ['0', { type: 'number' }, 0],
  ['-1.5e3', { type: 'number' }, -1500],
  [' 8080 ', { type: 'integer' }, 8080],
  ['1.0', { type: 'integer' }, 1],
  ['0', { type: 'string' }, '0'],
  ['false', {}, 'false'],
  ['a,b', strings, ['a', 'b']],
  ['a, b,', strings, ['a', 'b']],
  ['["a,b","c"]', strings, ['a,b', 'c']],
  ['1,2', { type: 'array', items: { type: 'integer' } }, [1, 2]],
  ['1,x', { type: 'array', prefixItems: [{ type: 'integer' }], items: { type: 'string' } }, [1, 'x']],
  ['{"a":{"b":1}}', { type: 'object' }, { a: { b: 1 } }],
  ['null', { type: ['string', 'null'] }, 'null'],
  ['null', { type: ['integer', 'null'] }, null],
  ['7', { type: ['string', 'integer'] }, 7],
  ['seven', { type: ['string', 'integer'] }, 'seven'],
  ['10', { enum: [10, 20] }, 10],
])('%s under %j is %j', (text, schema, value) => expect(coerce(text, rootPlace(schema))).toEqual({ ok: true, value }));

test.each([
  ['maybe', { type: 'boolean' }, 'a boolean (true or false)'],
  ['', { type: 'number' }, 'a number'],
  ['0x10', { type: 'number' }, 'a number'],
  ['1e999', { type: 'number' }, 'a number'],
  ['1.5', { type: 'integer' }, 'an integer'],
  ['[1', strings, 'a list ("a,b" or a JSON array)'],
  ['1,x', { type: 'array', items: { type: 'integer' } }, 'a list ("a,b" or a JSON array)'],
  ['[1]', { type: 'object' }, 'a JSON object'],
  ['{', { type: 'object' }, 'a JSON object'],
  ['x', { type: ['integer', 'null'] }, 'null or an integer'],
])('%s under %j is refused as not being %s', (text, schema, expected) =>
  expect(coerce(text, rootPlace(schema))).toEqual({ ok: false, expected }),
);
