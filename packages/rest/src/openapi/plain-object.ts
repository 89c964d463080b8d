import { isObject } from '../json-object.ts';
import { type Node, nodeIn, type OpenApiDocument } from './openapi-document.ts';
import { isReadOnly } from './schema-import.ts';

/** An object schema that is nothing but its properties. */
export interface PlainObject {
  /** As the document has them. */
  readonly properties: ReadonlyMap<string, unknown>;
  readonly required: readonly string[];
}

const MAX_DEPTH = 10;
/** With one of these, the properties are not the whole story. */
const CONDITIONS = [
  'anyOf',
  'oneOf',
  'not',
  'if',
  'patternProperties',
  'dependentSchemas',
  'propertyNames',
  'minProperties',
  'maxProperties',
  'discriminator',
];

/**
 * The properties of a schema, `allOf` merged. `undefined` where they do not say all that it says, or where they meet
 * under one name.
 */
export function plainObject(schema: unknown, document: OpenApiDocument, depth: number = 0): PlainObject | undefined {
  const { value } = document.resolve(schema);
  if (!isObject(value) || depth > MAX_DEPTH || !isPlain(value)) return undefined;
  const own: PlainObject = {
    properties: new Map(Object.entries(nodeIn(value, 'properties')).filter(([, property]) => !isReadOnly(property))),
    required: namesIn(value.required),
  };
  const parts = Array.isArray(value.allOf) ? value.allOf.map((part) => plainObject(part, document, depth + 1)) : [];
  const merged = parts.reduce<PlainObject | undefined>(merge, own);
  return merged && { ...merged, required: merged.required.filter((name) => merged.properties.has(name)) };
}

function isPlain(schema: Node): boolean {
  const { type, nullable, additionalProperties } = schema;
  const isObjectType =
    type === undefined ? isObject(schema.properties) || Array.isArray(schema.allOf) : type === 'object';
  const isOpen = additionalProperties !== undefined && additionalProperties !== false;
  return isObjectType && nullable !== true && !isOpen && !CONDITIONS.some((keyword) => schema[keyword] !== undefined);
}

function merge(a: PlainObject | undefined, b: PlainObject | undefined): PlainObject | undefined {
  if (!a || !b) return undefined;
  if ([...b.properties.keys()].some((name) => a.properties.has(name))) return undefined;
  return {
    properties: new Map([...a.properties, ...b.properties]),
    required: [...new Set([...a.required, ...b.required])],
  };
}

function namesIn(required: unknown): readonly string[] {
  return Array.isArray(required) ? [...new Set(required.filter((name) => typeof name === 'string'))] : [];
}
