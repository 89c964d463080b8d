import type { JsonSchema } from '@capstan/sdk';

const SINGLE = [
  'additionalItems',
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
] as const;
const LISTS = ['allOf', 'anyOf', 'items', 'oneOf', 'prefixItems'] as const;
const NAMED = ['$defs', 'definitions', 'dependencies', 'dependentSchemas', 'patternProperties', 'properties'] as const;

const IN_PLACE = ['allOf', 'anyOf', 'dependencies', 'dependentSchemas', 'else', 'if', 'not', 'oneOf', 'then'] as const;

/** A schema inside a schema, and the path from the outer to the inner one. */
export interface Subschema {
  readonly schema: JsonSchema;
  readonly path: readonly (string | number)[];
}

/** Whether a value has the form of a schema. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'boolean' || isKeywords(value);
}

/** Whether a value is an object, and so may be a schema with keywords or a map of schemas. */
export function isKeywords(value: unknown): value is { readonly [keyword: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The schemas directly inside a schema, by the keywords of draft-07 and 2020-12. What has the wrong form is left out. */
export function subschemasOf(schema: JsonSchema): readonly Subschema[] {
  if (typeof schema === 'boolean') return [];
  const found: Subschema[] = [];
  for (const keyword of Object.keys(schema)) {
    const value = schema[keyword];
    if (isOneOf(SINGLE, keyword) && isSchema(value)) found.push({ schema: value, path: [keyword] });
    else if (isOneOf(LISTS, keyword) && Array.isArray(value)) found.push(...members(keyword, value.entries()));
    else if (isOneOf(NAMED, keyword) && isKeywords(value)) found.push(...members(keyword, Object.entries(value)));
  }
  return found;
}

/** How many schemas a schema holds, itself included; one object at several places counts at each. For schemas of limited depth. */
export function subschemaCount(schema: JsonSchema, known: Map<JsonSchema, number> = new Map()): number {
  const counted = known.get(schema);
  if (counted !== undefined) return counted;
  let count = 1;
  for (const inner of subschemasOf(schema)) count += subschemaCount(inner.schema, known);
  known.set(schema, count);
  return count;
}

/** Whether a subschema describes the same value as the schema around it, not a part of that value. */
export function isInPlace({ path }: Subschema): boolean {
  return isOneOf(IN_PLACE, String(path[0]));
}

function members(keyword: string, entries: Iterable<[string | number, unknown]>): readonly Subschema[] {
  const found: Subschema[] = [];
  for (const [key, schema] of entries) if (isSchema(schema)) found.push({ schema, path: [keyword, key] });
  return found;
}

function isOneOf(words: readonly string[], word: string): boolean {
  return words.includes(word);
}
