import type { JsonSchema } from '@capstan/sdk';

/** The JSON types that a schema lets a value have. */
export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'array' | 'object';

type SchemaObject = Exclude<JsonSchema, boolean>;

const DEEPEST = 16;

/** The schema of one property, looked up through local references and combinations; undefined where nothing is said. */
export function propertySchema(root: JsonSchema, key: string): JsonSchema | undefined {
  return findProperty(root, root, key, 0);
}

function findProperty(root: JsonSchema, schema: JsonSchema, key: string, depth: number): JsonSchema | undefined {
  const known = followReference(root, schema);
  if (!isSchemaObject(known) || depth > DEEPEST) return undefined;
  const properties = known.properties;
  if (isSchemaObject(properties) && Object.hasOwn(properties, key)) return asSchema(properties[key]);
  for (const part of combined(known)) {
    const found = findProperty(root, part, key, depth + 1);
    if (found !== undefined) return found;
  }
  const additional = known.additionalProperties;
  return isSchemaObject(additional) ? additional : undefined;
}

/** The types of a schema in its own order; empty where it says nothing. */
export function typesOf(root: JsonSchema, schema: JsonSchema | undefined, depth = 0): readonly JsonType[] {
  const known = schema === undefined ? undefined : followReference(root, schema);
  if (!isSchemaObject(known) || depth > DEEPEST) return [];
  const declared = known.type;
  const named = (Array.isArray(declared) ? declared : [declared]).filter(isJsonType);
  if (named.length > 0) return named;
  const values = Array.isArray(known.enum) ? known.enum : 'const' in known ? [known.const] : [];
  const fromValues = values.map(typeOfValue);
  const fromParts = combined(known).flatMap((part) => typesOf(root, part, depth + 1));
  return [...new Set([...fromValues, ...fromParts])];
}

/** The schema of an array's items. */
export function itemSchema(root: JsonSchema, schema: JsonSchema | undefined, depth = 0): JsonSchema | undefined {
  const known = schema === undefined ? undefined : followReference(root, schema);
  if (!isSchemaObject(known) || depth > DEEPEST) return undefined;
  const items = asSchema(known.items);
  if (items !== undefined) return items;
  for (const part of combined(known)) {
    const found = itemSchema(root, part, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function combined(schema: SchemaObject): readonly JsonSchema[] {
  return ['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => {
    const parts = schema[keyword];
    return Array.isArray(parts) ? parts.map(asSchema).filter((part) => part !== undefined) : [];
  });
}

function followReference(root: JsonSchema, schema: JsonSchema): JsonSchema | undefined {
  let current: JsonSchema | undefined = schema;
  for (let step = 0; step < DEEPEST; step += 1) {
    const reference: unknown = isSchemaObject(current) ? current.$ref : undefined;
    if (typeof reference !== 'string') return current;
    current = pointedAt(root, reference);
  }
  return undefined;
}

function pointedAt(root: JsonSchema, reference: string): JsonSchema | undefined {
  if (!reference.startsWith('#')) return undefined;
  let current: unknown = root;
  for (const part of reference.slice(1).split('/').slice(1)) {
    const key = decodePointerPart(part);
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = Reflect.get(current, key);
  }
  return asSchema(current);
}

function decodePointerPart(part: string): string {
  const unescaped = part.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(unescaped);
  } catch {
    // A stray percent sign is a name like any other.
    return unescaped;
  }
}

function isSchemaObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asSchema(value: unknown): JsonSchema | undefined {
  return typeof value === 'boolean' || isSchemaObject(value) ? value : undefined;
}

const JSON_TYPES: ReadonlySet<unknown> = new Set([
  'string',
  'number',
  'integer',
  'boolean',
  'null',
  'array',
  'object',
] satisfies JsonType[]);

function isJsonType(value: unknown): value is JsonType {
  return JSON_TYPES.has(value);
}

function typeOfValue(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'object';
}
