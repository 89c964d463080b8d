import { compileSchema } from '@capstan/schema';
import type { JsonSchema } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { OpenApiDocument } from './openapi-document.ts';
import { SchemaImporter } from './schema-import.ts';

function convert(schema: unknown, { openapi = '3.0.3', schemas = {} } = {}): { schema: JsonSchema; $defs: object } {
  const importer = new SchemaImporter(new OpenApiDocument({ openapi, components: { schemas } }));
  const references = new Set<string>();
  return { schema: importer.convert(schema, references), $defs: importer.definitions(references) };
}

test.each<[unknown, unknown]>([
  [{ type: 'string', nullable: true }, { type: ['string', 'null'] }],
  [
    { type: 'string', enum: ['a'], nullable: true },
    { type: ['string', 'null'], enum: ['a', null] },
  ],
  [{ allOf: [{ type: 'string' }], nullable: true }, { anyOf: [{ allOf: [{ type: 'string' }] }, { type: 'null' }] }],
  [{ nullable: true, description: 'any' }, { description: 'any' }],
  [{ minimum: 1, exclusiveMinimum: true }, { exclusiveMinimum: 1 }],
  [{ maximum: 1, exclusiveMaximum: false }, { maximum: 1 }],
  [{ exclusiveMinimum: true }, {}],
  [
    { example: 5, type: 'integer' },
    { type: 'integer', examples: [5] },
  ],
  [{ type: 'file' }, {}],
  [{ type: 'object', required: true }, { type: 'object' }],
  [
    { type: 'array', items: [{ type: 'string' }] },
    { type: 'array', prefixItems: [{ type: 'string' }] },
  ],
  [
    { discriminator: { propertyName: 'x' }, xml: {}, externalDocs: {}, 'x-vendor': 1, type: 'object' },
    { type: 'object' },
  ],
  [
    { properties: { id: { type: 'string', readOnly: true }, a: {} }, required: ['id', 'a', 'a'] },
    { properties: { a: {} }, required: ['a'] },
  ],
  [
    { properties: { nullable: { type: 'string' }, example: {} } },
    { properties: { nullable: { type: 'string' }, example: {} } },
  ],
])('a 3.0 schema becomes 2020-12: %j', (schema, expected) => {
  expect(convert(schema).schema).toEqual(expected);
});

test('a 3.1 schema stays what it is, beside a reference too', () => {
  const schemas = { Name: { type: ['string', 'null'], const: null, exclusiveMinimum: 1 } };
  const { schema, $defs } = convert(
    { $ref: '#/components/schemas/Name', description: 'own' },
    { openapi: '3.1.0', schemas },
  );
  expect(schema).toEqual({ $ref: '#/$defs/Name', description: 'own' });
  expect($defs).toEqual(schemas);
});

test('a recursive schema stays recursive, and compiles', () => {
  const schemas = {
    Node: {
      type: 'object',
      properties: { children: { type: 'array', items: { $ref: '#/components/schemas/Node' } } },
      additionalProperties: false,
    },
  };
  const { schema, $defs } = convert({ $ref: '#/components/schemas/Node' }, { schemas });
  const compilation = compileSchema({ ...(typeof schema === 'object' ? schema : {}), $defs }, { origin: 'own' });
  expect(compilation.ok && compilation.schema.accepts({ children: [{ children: [] }] })).toBe(true);
  expect(compilation.ok && compilation.schema.accepts({ children: [{ childs: [] }] })).toBe(false);
});

test('definitions of one name from two places keep apart', () => {
  const schemas = { A: { properties: { X: { type: 'string' } } }, X: { type: 'integer' } };
  const { schema, $defs } = convert(
    { anyOf: [{ $ref: '#/components/schemas/X' }, { $ref: '#/components/schemas/A/properties/X' }] },
    { schemas },
  );
  expect(schema).toEqual({ anyOf: [{ $ref: '#/$defs/X' }, { $ref: '#/$defs/X_2' }] });
  expect($defs).toEqual({ X: { type: 'integer' }, X_2: { type: 'string' } });
});

test.each([{ $ref: 'other.yaml#/X' }, { $ref: '#/components/schemas/Absent' }, { items: { $ref: 'https://x/y' } }])(
  'a reference that leads nowhere here is refused: %j',
  (schema) => {
    expect(() => convert(schema)).toThrow('it refers to');
  },
);
