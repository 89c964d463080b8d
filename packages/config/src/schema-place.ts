import type { JsonSchema } from '@capstan/sdk';

type SchemaObject = { readonly [keyword: string]: unknown };

/** A place in a config: all schemas that speak about it, and whether something above it is secret already. */
export interface SchemaPlace {
  readonly root: SchemaObject;
  readonly schemas: readonly SchemaObject[];
  readonly concealed: boolean;
}

/** The schemas that apply at the same place as the one that holds them. Unions: what one branch calls secret is secret. */
const IN_PLACE_LISTS = ['allOf', 'anyOf', 'oneOf'] as const;
const IN_PLACE = ['if', 'then', 'else'] as const;

/** The place of the whole config. */
export function rootPlace(schema: JsonSchema): SchemaPlace {
  const root = isSchemaObject(schema) ? schema : {};
  return { root, schemas: gather(root, [root]), concealed: false };
}

/** The names of the properties that are declared at a place, in the schema's order. */
export function declaredKeys(place: SchemaPlace): readonly string[] {
  return [...new Set(place.schemas.flatMap((schema) => Object.keys(asSchemaMap(schema.properties))))];
}

/** Whether a place says in so many words that keys beside the declared ones are welcome. */
export function welcomesOtherKeys(place: SchemaPlace): boolean {
  return place.schemas.some(
    ({ additionalProperties }) => additionalProperties === true || isSchemaObject(additionalProperties),
  );
}

/** The place of a property. */
export function propertyPlace(place: SchemaPlace, key: string): SchemaPlace {
  const declared = place.schemas.flatMap((schema) => ownSchema(schema.properties, key));
  const found =
    declared.length > 0 ? declared : place.schemas.flatMap((schema) => asSchema(schema.additionalProperties));
  return inside(place, found);
}

/** The place of an item of an array. */
export function itemPlace(place: SchemaPlace, index: number): SchemaPlace {
  const found = place.schemas.flatMap((schema) => {
    const prefix = Array.isArray(schema.prefixItems) ? schema.prefixItems : schema.items;
    if (Array.isArray(prefix) && index < prefix.length) return asSchema(prefix[index]);
    return asSchema(Array.isArray(schema.items) ? schema.additionalItems : schema.items);
  });
  return inside(place, found);
}

/** Whether the value at a place is a secret, as a whole. */
function isSecretPlace(place: SchemaPlace): boolean {
  return place.concealed || place.schemas.some(isSecretSchema);
}

/** Whether the value at a place is a secret or may hold one anywhere. */
export function mayHoldSecret(place: SchemaPlace): boolean {
  return isSecretPlace(place) || holdsSecret(place.root, place.schemas, new Set());
}

/** The types that a place allows, in the schema's order; empty where it does not say. */
export function allowedTypes(place: SchemaPlace): readonly string[] {
  return [...new Set(place.schemas.flatMap(typesOf))];
}

/** The first value of a keyword at a place. */
export function keywordOf(place: SchemaPlace, keyword: string): unknown {
  return place.schemas.find((schema) => Object.hasOwn(schema, keyword))?.[keyword];
}

/** A place below. One that nothing declares, where secrets are about, counts as secret: it may be one, misspelt or misplaced. */
function inside(place: SchemaPlace, found: readonly SchemaObject[]): SchemaPlace {
  const concealed = found.length === 0 ? mayHoldSecret(place) : isSecretPlace(place);
  return { root: place.root, schemas: gather(place.root, found), concealed };
}

function isSecretSchema(schema: SchemaObject): boolean {
  return schema['x-secret'] === true || schema.format === 'password' || schema.writeOnly === true;
}

function typesOf(schema: SchemaObject): readonly string[] {
  if (typeof schema.type === 'string') return [schema.type];
  if (Array.isArray(schema.type)) return schema.type.filter((type) => typeof type === 'string');
  const known = Array.isArray(schema.enum) ? schema.enum : Object.hasOwn(schema, 'const') ? [schema.const] : [];
  return known.map(typeName);
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function holdsSecret(root: SchemaObject, schemas: readonly SchemaObject[], seen: Set<SchemaObject>): boolean {
  return schemas.some((schema) => {
    if (seen.has(schema)) return false;
    seen.add(schema);
    return isSecretSchema(schema) || holdsSecret(root, gather(root, schemasBelow(schema)), seen);
  });
}

function schemasBelow(schema: SchemaObject): readonly SchemaObject[] {
  const lists = [schema.items, schema.prefixItems].flatMap((value) => (Array.isArray(value) ? value : [value]));
  const below = [...lists, schema.additionalProperties, schema.additionalItems, schema.contains];
  const named = [schema.properties, schema.patternProperties].flatMap((map) => Object.values(asSchemaMap(map)));
  return [...below, ...named].flatMap(asSchema);
}

/** The schemas and everything that applies beside them: local references and branches. */
function gather(root: SchemaObject, schemas: readonly SchemaObject[]): readonly SchemaObject[] {
  const found = new Set<SchemaObject>();
  const add = (schema: SchemaObject): void => {
    if (found.has(schema)) return;
    found.add(schema);
    for (const target of asSchema(localTarget(root, schema.$ref))) add(target);
    for (const keyword of IN_PLACE) for (const branch of asSchema(schema[keyword])) add(branch);
    for (const keyword of IN_PLACE_LISTS) {
      const branches: unknown = schema[keyword];
      if (Array.isArray(branches)) for (const branch of branches.flatMap(asSchema)) add(branch);
    }
  };
  for (const schema of schemas) add(schema);
  return [...found];
}

/** What a `$ref` inside the document points at (RFC 6901). Refs to anywhere else are refused when the schema compiles. */
function localTarget(root: SchemaObject, reference: unknown): unknown {
  if (typeof reference !== 'string' || !reference.startsWith('#')) return undefined;
  let target: unknown = root;
  for (const step of reference.slice(1).split('/').slice(1)) {
    const key = decodeStep(step);
    if (typeof target !== 'object' || target === null || !Object.hasOwn(target, key)) return undefined;
    target = Reflect.get(target, key);
  }
  return target;
}

function decodeStep(step: string): string {
  const plain = step.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    // A lone "%" is not URI encoding: the step means itself.
    return plain;
  }
}

function ownSchema(map: unknown, key: string): readonly SchemaObject[] {
  const schemas = asSchemaMap(map);
  return Object.hasOwn(schemas, key) ? asSchema(schemas[key]) : [];
}

function asSchemaMap(value: unknown): Readonly<Record<string, unknown>> {
  return isSchemaObject(value) ? value : {};
}

function asSchema(value: unknown): readonly SchemaObject[] {
  return isSchemaObject(value) ? [value] : [];
}

function isSchemaObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
