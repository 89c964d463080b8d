import type { JsonSchema, JsonValue } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { type CompiledSchema, compileSchema } from './json-schema.ts';
import { createRedactor } from './redact.ts';
import { MASK } from './secret.ts';
import { isLargerThan, isTooDeep } from './value-size.ts';

const DEEP = [{ pointer: '', keyword: 'depth', message: 'the value is nested too deep: more than 256 levels' }];

test('256 levels are checked, one more is refused with a clear problem, whatever the schema is', () => {
  const schema = compiled({ type: 'object' });
  expect(schema.accepts(nested(256))).toBe(true);
  for (const levels of [257, 100_000]) {
    expect(schema.accepts(nested(levels))).toBe(false);
    expect(schema.problems(nested(levels))).toEqual(DEEP);
  }
  const cycle: Record<string, unknown> = {};
  cycle.a = cycle;
  expect(schema.problems(cycle)).toEqual(DEEP);
});

test('a list that fails two million times is refused with one problem, not searched for all', () => {
  const branches = Array.from({ length: 8 }, (_, at) => ({
    type: 'object',
    properties: { type: { const: `t${at}` } },
  }));
  const schema = compiled({ properties: { blocks: { type: 'array', items: { anyOf: branches } } } });
  const blocks = Array.from({ length: 2_000_000 }, () => 1);
  expect(schema.problems({ blocks })).toEqual([
    { pointer: '/blocks/0', keyword: 'anyOf', message: "'blocks.0' must match a schema in anyOf" },
  ]);
  expect(schema.problems({ blocks: [1, 2] }).length).toBeGreaterThan(8);
});

test('a schema of many alternatives lists the problems of small values alone', () => {
  const schema = compiled({ items: { anyOf: Array.from({ length: 1000 }, (_, at) => ({ const: `t${at}` })) } });
  expect(schema.problems(Array.from({ length: 500 }, () => 1))).toHaveLength(1);
  expect(schema.problems([1])).toHaveLength(100);
});

test('a long name counts as much as it costs in every pointer below it', () => {
  const value = { ['a'.repeat(2_000_000)]: Array.from({ length: 100 }, () => 1) };
  const schema = compiled({ additionalProperties: { items: { type: 'string' } } });
  expect(schema.problems(value)).toHaveLength(1);
});

test('nothing is suggested out of very many names', () => {
  const properties = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`name${at}`, {}]));
  const [problem] = compiled({ properties, additionalProperties: false }).problems({ nam1: 1 });
  expect(problem).toMatchObject({ property: 'nam1' });
  expect(problem).not.toHaveProperty('hint');
  const strangers = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`nmae${at}`, 1]));
  expect(compiled({ properties: { name: {} }, required: ['name'] }).problems(strangers)[0]).not.toHaveProperty('hint');
});

test('what is nested too deep is masked from there on, and nothing overflows', () => {
  const redact = createRedactor({ properties: { token: { 'x-secret': true } }, additionalProperties: { $ref: '#' } });
  const masked = redact(nested(100_000, { token: 'canary' }));
  expect(isTooDeep(masked, 300)).toBe(false);
  expect(JSON.stringify(masked)).toContain(MASK);
  expect(JSON.stringify(masked)).not.toContain('canary');
});

test('the values of a schema that cannot be used are masked whole', () => {
  let schema: JsonSchema = { 'x-secret': true };
  for (let level = 0; level < 10_000; level += 1) schema = { properties: { a: schema } };
  expect(createRedactor(schema)(nested(10_000))).toBe(MASK);
});

test('counting stops at the limit', () => {
  expect(isLargerThan([1, 2, 3], 4)).toBe(false);
  expect(isLargerThan([1, 2, 3], 3)).toBe(true);
  expect(isLargerThan({ a: 1 }, 1)).toBe(true);
  expect(isLargerThan('text', 1)).toBe(false);
});

function compiled(schema: JsonSchema): CompiledSchema {
  const compilation = compileSchema(schema, { origin: 'own' });
  if (!compilation.ok) throw new Error(JSON.stringify(compilation.problems));
  return compilation.schema;
}

function nested(levels: number, core: JsonValue = {}): JsonValue {
  let value = core;
  for (let level = 1; level < levels; level += 1) value = { a: value };
  return value;
}
