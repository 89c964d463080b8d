import type { JsonSchema, JsonValue } from '@capstan/sdk';

type Keywords = { readonly [keyword: string]: unknown };

const MAX_DEPTH = 12;

const TEXTS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '12:00:00Z',
  email: 'a@example.com',
  uri: 'https://example.com/a',
  uuid: '01939a3c-7d2e-7bbb-8ccc-0123456789ab',
};

/**
 * The plainest value that a schema is likely to accept: what it gives itself (`const`, `enum`, `examples`, `default`), else
 * one of its type, with what is required and nothing else. Patterns are not looked at.
 */
export function sampleOf(schema: JsonSchema): JsonValue {
  return plainest(schema, isKeywords(schema) ? schema : {}, 0);
}

function plainest(schema: unknown, root: Keywords, depth: number): JsonValue {
  if (!isKeywords(schema) || depth > MAX_DEPTH) return null;
  const { $ref: reference } = schema;
  if (typeof reference === 'string') return plainest(resolve(reference, root), root, depth + 1);
  const given = [schema.const, ...listed(schema.enum), ...listed(schema.examples), schema.default].find(isGiven);
  if (isGiven(given)) return given;
  const [alternative] = [...listed(schema.oneOf), ...listed(schema.anyOf)];
  if (alternative !== undefined && schema.properties === undefined) return plainest(alternative, root, depth + 1);
  return ofType(schema, root, depth);
}

function ofType(schema: Keywords, root: Keywords, depth: number): JsonValue {
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'integer':
    case 'number':
      return Number(schema.minimum ?? 1);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: Number(schema.minItems ?? 1) }, () => plainest(schema.items, root, depth + 1));
    case 'string':
      return textOf(schema);
    default:
      return objectOf(schema, root, depth);
  }
}

function objectOf(schema: Keywords, root: Keywords, depth: number): JsonValue {
  const properties = isKeywords(schema.properties) ? schema.properties : {};
  const required = listed(schema.required).filter((name) => typeof name === 'string');
  return Object.fromEntries(required.map((name) => [name, plainest(properties[name], root, depth + 1)]));
}

function textOf({ format, minLength }: Keywords): string {
  const text = (typeof format === 'string' ? TEXTS[format] : undefined) ?? 'abc';
  return text.padEnd(Number(minLength ?? 0), 'x');
}

/** A reference inside the schema: `#/$defs/thing`. */
function resolve(reference: string, root: Keywords): unknown {
  const steps = reference.replace(/^#\/?/, '').split('/').filter(Boolean);
  return steps.reduce<unknown>((at, step) => (isKeywords(at) ? at[step] : undefined), root);
}

function isGiven(value: unknown): value is JsonValue {
  return value !== undefined;
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isKeywords(value: unknown): value is Keywords {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
