import type { JsonSchema } from '@capstan/sdk';
import { isObject } from '../json-object.ts';
import { type Node, type OpenApiDocument, Unmappable } from './openapi-document.ts';

type Keywords = Record<string, unknown>;

const ONE = [
  'additionalProperties',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
];
const MANY = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const NAMED = ['$defs', 'definitions', 'dependentSchemas', 'patternProperties'];
/** Keywords of OpenAPI, and those that would change what a reference means. */
const DROPPED = ['$ref', '$id', '$schema', '$anchor', 'discriminator', 'example', 'externalDocs', 'nullable', 'xml'];
const TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];
const MAX_DEPTH = 60;

/** A converted schema and the definitions that it speaks of. */
interface Converted {
  readonly schema: JsonSchema;
  readonly references: ReadonlySet<string>;
}

/**
 * Turns the schemas of a document into JSON Schema 2020-12. Local references become `$defs`, so that recursive schemas
 * stay what they are. A definition is converted once and shared by all tools.
 */
export class SchemaImporter {
  readonly #document: OpenApiDocument;
  readonly #definitions = new Map<string, Converted>();
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
  }

  /** A schema that says what may be sent. `references` collects what {@link definitions} has to give with it. */
  convert(schema: unknown, references: Set<string>): JsonSchema {
    return this.#convert(schema, references, 0);
  }

  /** The definitions behind references, and all that those refer to. */
  definitions(references: Iterable<string>): Readonly<Record<string, JsonSchema>> {
    const found = new Map<string, JsonSchema>();
    const queue = [...references];
    for (let pointer = queue.pop(); pointer !== undefined; pointer = queue.pop()) {
      const name = this.#nameOf(pointer);
      if (found.has(name)) continue;
      const definition = this.#definition(pointer);
      found.set(name, definition.schema);
      queue.push(...definition.references);
    }
    return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #definition(pointer: string): Converted {
    const known = this.#definitions.get(pointer);
    if (known) return known;
    const references = new Set<string>();
    const converted = { schema: this.#convert(this.#document.at(pointer), references, 0), references };
    this.#definitions.set(pointer, converted);
    return converted;
  }

  #convert(schema: unknown, references: Set<string>, depth: number): JsonSchema {
    if (typeof schema === 'boolean') return schema;
    if (!isObject(schema)) return true;
    if (depth > MAX_DEPTH) throw new Unmappable(`a schema is nested deeper than ${MAX_DEPTH} levels`);
    const convert = (inner: unknown): JsonSchema => this.#convert(inner, references, depth + 1);
    const { $ref: reference } = schema;
    if (typeof reference === 'string') {
      const converted = { $ref: this.#referTo(reference, references) };
      // In 3.0 whatever stands beside a reference does not count.
      return this.#document.isOldDialect ? converted : { ...convertKeywords(schema, convert), ...converted };
    }
    const converted = convertKeywords(schema, convert);
    return this.#document.isOldDialect ? fromOldDialect(converted, schema) : converted;
  }

  #referTo(pointer: string, references: Set<string>): string {
    this.#document.at(pointer);
    references.add(pointer);
    return `#/$defs/${this.#nameOf(pointer)}`;
  }

  #nameOf(pointer: string): string {
    const known = this.#names.get(pointer);
    if (known !== undefined) return known;
    const base = (pointer.split('/').at(-1) ?? '').replaceAll(/[^A-Za-z0-9._-]/g, '_') || 'schema';
    let name = base;
    for (let count = 2; this.#taken.has(name); count += 1) name = `${base}_${count}`;
    this.#taken.add(name);
    this.#names.set(pointer, name);
    return name;
  }
}

function convertKeywords(schema: Node, convert: (inner: unknown) => JsonSchema): Keywords {
  const entries = Object.entries(schema).filter(([keyword]) => !DROPPED.includes(keyword) && !keyword.startsWith('x-'));
  const converted: Keywords = Object.fromEntries(entries.flatMap((entry) => convertKeyword(entry, schema, convert)));
  if (schema.example !== undefined && converted.examples === undefined) converted.examples = [schema.example];
  return withKnownType(converted);
}

/** A keyword as 2020-12 has it; nothing where its value has a form that means nothing. */
function convertKeyword(
  [keyword, value]: readonly [string, unknown],
  schema: Node,
  convert: (inner: unknown) => JsonSchema,
): readonly [string, unknown][] {
  if (keyword === 'required') return convertRequired(value, schema);
  if (MANY.includes(keyword)) return Array.isArray(value) && value.length > 0 ? [[keyword, value.map(convert)]] : [];
  if (keyword === 'properties') return isObject(value) ? [[keyword, convertProperties(value, convert)]] : [];
  if (NAMED.includes(keyword)) return isObject(value) ? [[keyword, mapValues(value, convert)]] : [];
  if (keyword === 'items' && Array.isArray(value)) return [['prefixItems', value.map(convert)]];
  return [[keyword, ONE.includes(keyword) ? convert(value) : value]];
}

/** What only the service may set is nothing to ask for. */
function convertProperties(properties: Node, convert: (inner: unknown) => JsonSchema): Keywords {
  return mapValues(Object.fromEntries(Object.entries(properties).filter(([, value]) => !isReadOnly(value))), convert);
}

/** In 3.0 a property says `required: true` at times; only a list is JSON Schema. */
function convertRequired(value: unknown, { properties }: Node): [string, unknown][] {
  if (!Array.isArray(value)) return [];
  const known = isObject(properties) ? properties : {};
  const names = value.filter(
    (name) => typeof name === 'string' && !isReadOnly(Object.hasOwn(known, name) ? known[name] : undefined),
  );
  return names.length === 0 ? [] : [['required', [...new Set(names)]]];
}

/** Whether a property may only come from the service. */
export function isReadOnly(property: unknown): boolean {
  return isObject(property) && property.readOnly === true;
}

function mapValues(record: Node, convert: (inner: unknown) => JsonSchema): Keywords {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, convert(value)]));
}

/** `type: file` and other inventions say nothing that can be checked. */
function withKnownType(schema: Keywords): Keywords {
  const { type, ...rest } = schema;
  if (type === undefined) return schema;
  const types = [type].flat().filter((name) => typeof name === 'string' && TYPES.includes(name));
  if (types.length === 0) return rest;
  return Array.isArray(type) ? { ...schema, type: [...new Set(types)] } : schema;
}

/** OpenAPI 3.0, section 4.7.24: `nullable`, and `exclusiveMinimum` as it was in draft-05. */
function fromOldDialect(converted: Keywords, original: Node): Keywords {
  const bounded = withBound(withBound(converted, 'exclusiveMinimum', 'minimum'), 'exclusiveMaximum', 'maximum');
  return original.nullable === true ? nullable(bounded) : bounded;
}

function withBound(schema: Keywords, exclusive: string, bound: string): Keywords {
  if (typeof schema[exclusive] !== 'boolean') return schema;
  const { [exclusive]: isExclusive, [bound]: limit, ...rest } = schema;
  if (limit === undefined) return rest;
  return isExclusive === true ? { ...rest, [exclusive]: limit } : { ...rest, [bound]: limit };
}

function nullable(schema: Keywords): Keywords {
  const { type, enum: values } = schema;
  if (typeof type !== 'string')
    return 'allOf' in schema || 'oneOf' in schema || 'anyOf' in schema ? { anyOf: [schema, { type: 'null' }] } : schema;
  const listed = Array.isArray(values) && !values.includes(null) ? { enum: [...values, null] } : {};
  return { ...schema, type: [type, 'null'], ...listed };
}
