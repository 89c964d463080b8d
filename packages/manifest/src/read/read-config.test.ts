import { describe, expect, test } from 'vitest';
import { findings, load, manifestOf, said } from '../loading.test.support.ts';

const START = 'code: sample\nversion: 1.0.0\nconfig:\n  schema:\n';
const listed = (setting: string): string => `${START}    - ${setting}\n`;
const schema = (yaml: string): string => `code: sample\nversion: 1.0.0\nconfig:\n  schema: ${yaml}\n`;

describe('settings as a list', () => {
  test('our keys get their x- names, keywords of JSON Schema stay', () => {
    const setting =
      '{ name: max_items, type: integer, required: true, default: 5, minimum: 1, display_name: Items, description: d, ' +
      'env_var: SAMPLE_MAX, scope: system, order: 2, group: g, help_url: "https://example.com", placeholder: "10", x-mine: 1 }';
    expect(manifestOf(listed(setting)).configSchema).toEqual({
      type: 'object',
      required: ['max_items'],
      properties: {
        max_items: {
          type: 'integer',
          default: 5,
          minimum: 1,
          title: 'Items',
          description: 'd',
          'x-env': 'SAMPLE_MAX',
          'x-scope': 'system',
          'x-order': 2,
          'x-group': 'g',
          'x-help-url': 'https://example.com',
          'x-placeholder': '10',
          'x-mine': 1,
        },
      },
    });
    expect(findings(listed(setting))).toEqual([]);
  });

  test('a setting is text where nobody says more', () => {
    expect(manifestOf(listed('{ name: a }')).configSchema.properties).toEqual({ a: { type: 'string' } });
  });

  test('a setting called __proto__ is a setting like any other', () => {
    const { properties } = manifestOf(listed('{ name: __proto__, type: boolean }')).configSchema;
    expect(Object.entries(properties)).toEqual([['__proto__', { type: 'boolean' }]]);
  });

  test.each([
    ['{ type: string }', 'MISSING_KEY 5:7'],
    ['{ name: "a-b" }', 'VALUE 5:15'],
    ['{ name: a, requird: true }', 'UNKNOWN_KEY 5:18'],
    ['{ name: a, pattern: "(?=x)" }', 'SCHEMA_INVALID 5:27'],
    ['{ name: a, type: array, items: { type: nothing } }', 'SCHEMA_INVALID 5:46'],
    ['{ name: a, type: integer, default: 1.5 }', 'CONFIG_DEFAULT 5:42'],
    ['{ name: a, type: array, default: x }', 'CONFIG_DEFAULT 5:40'],
    ['{ name: a, enum: [x, y], default: z }', 'CONFIG_DEFAULT 5:41'],
    ['{ name: a, env_var: CAPSTAN_MASTER_KEY }', 'RESERVED_VARIABLE 5:7'],
    ['{ name: api_key }', 'SECRET_UNMARKED 5:7'],
    ['{ name: a, secret: true, default: hunter22 }', 'SECRET_DEFAULT 5:41'],
  ])('%s', (setting, expected) => {
    expect(findings(listed(setting))).toEqual([expected]);
  });

  test.each([
    '{ name: token, secret: true }',
    '{ name: token, secret: false }',
    '{ name: token, type: integer }',
    '{ name: tokens }',
  ])('%s is marked, or no secret', (setting) => expect(findings(listed(setting))).toEqual([]));

  test('the same setting twice is an error that names the first line', () => {
    const text = `${listed('{ name: a, default: x }')}    - { name: a, default: y }\n`;
    expect(findings(text)).toEqual(['CONFIG_DUPLICATE 6:15']);
    expect(said(text)).toContain("the setting 'a' is declared in line 5 already");
  });

  test('the default of a secret shows in no frame', () => {
    expect(said(listed('{ name: a, secret: true, default: hunter22 }'))).not.toContain('hunter22');
  });
});

describe('settings as a JSON Schema', () => {
  test('are kept as they are', () => {
    const yaml =
      '{ type: object, required: [a], additionalProperties: false, properties: { a: { type: string, x-secret: true }, b: true } }';
    expect(manifestOf(schema(yaml)).configSchema).toEqual({
      type: 'object',
      required: ['a'],
      additionalProperties: false,
      properties: { a: { type: 'string', 'x-secret': true }, b: {} },
    });
    expect(findings(schema(yaml))).toEqual([]);
  });

  test.each([
    ['{ properties: {} }', ['MISSING_KEY 4:3']],
    ['{ type: object }', ['MISSING_KEY 4:3']],
    ['{ type: array, properties: {} }', ['VALUE 4:19', 'SCHEMA_INVALID 4:3']],
    ['{ type: object, properties: { a: { type: strin } } }', ['SCHEMA_INVALID 4:52']],
    ['{ type: object, properties: { password: {} } }', ['SECRET_UNMARKED 4:51']],
    ['{ type: object, properties: { a: { $ref: "https://example.com/s" } } }', ['SCHEMA_INVALID 4:52']],
    ['text', ['TYPE 4:11']],
  ])('%s', (yaml, expected) => {
    const found = findings(schema(yaml));
    expect(found.slice(0, 1)).toEqual(expected.slice(0, 1));
  });

  test('a schema deeper than 64 levels is refused', () => {
    const deep = `${'{ properties: { a: '.repeat(40)}true${' } }'.repeat(40)}`;
    const text = `code: a\nversion: 1.0.0\ntools: [{ name: b, backend: "./b.js:c", input_schema: ${deep} }]`;
    expect(findings(text)).toHaveLength(1);
    expect(said(text)).toContain('deeper than 64 levels');
    expect(load(text).manifest).toBeUndefined();
  });
});
