import type { JsonObject, JsonSchema, JsonValue } from '@capstan/sdk';
import { linearPattern, patternProblem } from './linear-pattern.ts';
import { fatalFlaw } from './schema-check.ts';
import { referencesOf, SchemaReferences } from './schema-references.ts';
import { MASK } from './secret.ts';
import { isInPlace, isKeywords, subschemasOf } from './subschemas.ts';
import { MAX_VALUE_DEPTH } from './value-size.ts';

/** A copy of a value with every part masked that the schema marks as secret (`x-secret`, `format: password`, `writeOnly`). */
export type Redactor = (value: JsonValue | undefined) => JsonValue | undefined;

type Keywords = { readonly [keyword: string]: unknown };

/**
 * Builds the redactor of a schema. Where nothing is secret it returns its argument as it is. What is nested deeper than
 * 256 levels, and every value of a schema that is too deep or too large to be used, is masked whole. Never throws.
 */
export function createRedactor(schema: JsonSchema): Redactor {
  if (fatalFlaw(schema)) return (value) => (value === undefined ? undefined : MASK);
  const masker = new Masker(schema);
  if (!masker.finds(schema, new Set())) return (value) => value;
  return (value) => (value === undefined ? undefined : masker.mask(value, [schema], MAX_VALUE_DEPTH));
}

/** When in doubt it masks: a branch of `anyOf` counts whether or not it is the one that fits. */
class Masker {
  readonly #references: SchemaReferences;

  constructor(root: JsonSchema) {
    this.#references = new SchemaReferences(root);
  }

  finds(schema: JsonSchema, seen: Set<JsonSchema>): boolean {
    if (!isKeywords(schema) || seen.has(schema)) return false;
    seen.add(schema);
    this.#references.collect(schema);
    if (isSecretSchema(schema)) return true;
    if (this.#referenced(schema).some((target) => this.finds(target, seen))) return true;
    return subschemasOf(schema).some((inner) => this.finds(inner.schema, seen));
  }

  mask(value: JsonValue, schemas: readonly JsonSchema[], levels: number): JsonValue {
    if (schemas.length === 0) return value;
    if (levels < 0) return MASK;
    const applied = new Set<Keywords>();
    for (const schema of schemas) this.#collect(schema, applied);
    if (applied.size === 0) return value;
    for (const schema of applied) if (isSecretSchema(schema)) return MASK;
    if (Array.isArray(value)) return this.#maskItems(value, applied, levels - 1);
    return isObject(value) ? this.#maskMembers(value, applied, levels - 1) : value;
  }

  /** The schema and every other one that describes the same value. */
  #collect(schema: JsonSchema, into: Set<Keywords>): void {
    if (!isKeywords(schema) || into.has(schema)) return;
    into.add(schema);
    for (const target of this.#referenced(schema)) this.#collect(target, into);
    for (const inner of subschemasOf(schema)) if (isInPlace(inner)) this.#collect(inner.schema, into);
  }

  #referenced(schema: Keywords): readonly JsonSchema[] {
    const targets = referencesOf(schema).map(({ reference }) => this.#references.resolve(reference).target);
    return targets.flatMap((target) => (target ? [target.schema] : []));
  }

  #maskItems(items: readonly JsonValue[], schemas: ReadonlySet<Keywords>, levels: number): JsonValue {
    // A list may have millions of items, which nearly always have one schema.
    const shared = hasListedItems(schemas) ? undefined : itemSchemas(schemas, 0);
    const masked = items.map((item, index) => this.mask(item, shared ?? itemSchemas(schemas, index), levels));
    return masked.some((item, index) => item !== items[index]) ? masked : items;
  }

  #maskMembers(value: JsonObject, schemas: ReadonlySet<Keywords>, levels: number): JsonValue {
    let changed = false;
    const entries = Object.entries(value).map(([key, member]): [string, JsonValue | undefined] => {
      const masked = member === undefined ? undefined : this.mask(member, memberSchemas(schemas, key), levels);
      changed ||= masked !== member;
      return [key, masked];
    });
    return changed ? Object.fromEntries(entries) : value;
  }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSecretSchema(schema: Keywords): boolean {
  return schema['x-secret'] === true || schema.format === 'password' || schema.writeOnly === true;
}

function hasListedItems(schemas: Iterable<Keywords>): boolean {
  for (const schema of schemas) if (LISTED_ITEMS.some((keyword) => Array.isArray(schema[keyword]))) return true;
  return false;
}

function itemSchemas(schemas: Iterable<Keywords>, index: number): readonly JsonSchema[] {
  const found: JsonSchema[] = [];
  for (const schema of schemas) {
    for (const { schema: inner, path } of subschemasOf(schema)) {
      const [keyword, at] = path;
      if (at === undefined ? ITEMS.includes(String(keyword)) : at === index && LISTED_ITEMS.includes(String(keyword))) {
        found.push(inner);
      }
    }
  }
  return found;
}

const ITEMS = ['items', 'additionalItems', 'unevaluatedItems', 'contains'];
const LISTED_ITEMS = ['items', 'prefixItems'];
const OTHER_MEMBERS = ['additionalProperties', 'unevaluatedProperties'];

function memberSchemas(schemas: Iterable<Keywords>, key: string): readonly JsonSchema[] {
  const found: JsonSchema[] = [];
  for (const schema of schemas) {
    for (const { schema: inner, path } of subschemasOf(schema)) {
      const [keyword, name] = path;
      const isNamed = keyword === 'properties' && name === key;
      const isMatched = keyword === 'patternProperties' && matches(String(name), key);
      const isOther = OTHER_MEMBERS.includes(String(keyword)) && !isDeclared(schema, key);
      if (isNamed || isMatched || isOther) found.push(inner);
    }
  }
  return found;
}

function isDeclared({ properties }: Keywords, key: string): boolean {
  return isKeywords(properties) && Object.hasOwn(properties, key);
}

/** A pattern that cannot run here matches everything: rather too much masked than too little. */
function matches(pattern: string, key: string): boolean {
  return patternProblem(pattern) !== undefined || linearPattern(pattern).test(key);
}
