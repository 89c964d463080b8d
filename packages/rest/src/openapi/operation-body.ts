import type { JsonSchema } from '@capstan/sdk';
import type { BodySpec, ParameterSpec, PartOptions, QueryOptions } from '../backend/http-backend-spec.ts';
import { isObject } from '../json-object.ts';
import { type Node, nodeIn, textIn, Unmappable } from './openapi-document.ts';
import type { OperationSchemas } from './operation-parameters.ts';
import { type PlainObject, plainObject } from './plain-object.ts';

/** What the body of an operation becomes. */
export interface MappedBody {
  /** Arguments by name. */
  readonly properties: ReadonlyMap<string, JsonSchema>;
  readonly required: readonly string[];
  readonly spec: BodySpec;
}

const FORM = 'application/x-www-form-urlencoded';
const MULTIPART = 'multipart/form-data';

/**
 * Maps the body: the properties of an object become arguments of their own, where their names are free; anything else is
 * one argument, `body`.
 */
export function mapBody(
  operation: Node,
  taken: ReadonlySet<string>,
  schemas: OperationSchemas,
): MappedBody | undefined {
  if (operation.requestBody === undefined) return undefined;
  const body = schemas.document.resolveObject(operation.requestBody, 'the request body');
  const content = nodeIn(body, 'content');
  const type = preferredType(Object.keys(content));
  if (type === undefined) return undefined;
  const media = content[type];
  const mapping: BodyMapping = {
    type,
    schema: isObject(media) ? media.schema : undefined,
    encoding: isObject(media) ? nodeIn(media, 'encoding') : {},
    isRequired: body.required === true,
    description: textIn(body, 'description'),
    taken,
    schemas,
  };
  const essence = essenceOf(type);
  if (isNothing(mapping)) return undefined;
  if (essence === FORM || essence === MULTIPART) return mapForm(mapping, essence);
  return isJson(essence) ? mapJson(mapping) : mapRaw(mapping);
}

/** Some documents say of what has no body that it has an empty one. */
function isNothing({ schema, schemas, isRequired }: BodyMapping): boolean {
  return !isRequired && plainObject(schema, schemas.document)?.properties.size === 0;
}

interface BodyMapping {
  readonly type: string;
  readonly schema: unknown;
  readonly encoding: Node;
  readonly isRequired: boolean;
  readonly description: string | undefined;
  readonly taken: ReadonlySet<string>;
  readonly schemas: OperationSchemas;
}

function essenceOf(type: string): string {
  return type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function isJson(essence: string): boolean {
  return essence === '*/*' || essence === 'application/*' || /[/+]json$/.test(essence);
}

/** JSON where there is a choice; a form rather than what only its sender can write. */
function preferredType(types: readonly string[]): string | undefined {
  const rank = (type: string): number => {
    const essence = essenceOf(type);
    if (essence === 'application/json') return 0;
    if (/\+json$/.test(essence)) return 1;
    if (essence === FORM) return 2;
    if (essence === MULTIPART) return 3;
    return essence.includes('*') ? 4 : 5;
  };
  return types.toSorted((a, b) => rank(a) - rank(b))[0];
}

function mapJson(mapping: BodyMapping): MappedBody {
  const essence = essenceOf(mapping.type);
  const contentType = essence === 'application/json' || essence.includes('*') ? {} : { content_type: mapping.type };
  const optional = mapping.isRequired ? {} : { optional: true };
  const object = spreadable(mapping);
  if (!object) {
    const name = freeName('body', mapping.taken);
    return { ...wholeBody(mapping, name), spec: { json: `{${name}}`, ...contentType, ...optional } };
  }
  const json = Object.fromEntries([...object.properties.keys()].map((name) => [name, `{${name}}`]));
  return { ...spread(mapping, object), spec: { json, ...contentType, ...optional } };
}

function mapForm(mapping: BodyMapping, essence: typeof FORM | typeof MULTIPART): MappedBody {
  const object = spreadable(mapping);
  if (!object) return mapOpenForm(mapping, essence);
  const names = [...object.properties.keys()];
  const optional = mapping.isRequired ? {} : { optional: true };
  if (essence === FORM) {
    const form = Object.fromEntries(names.map((name) => [name, formField(name, mapping.encoding)]));
    return { ...spread(mapping, object), spec: { form, ...optional } };
  }
  const { document } = mapping.schemas;
  const parts = names.map((name): [string, ParameterSpec<PartOptions>] => [
    name,
    part(name, isBinary(document.resolve(object.properties.get(name)).value), mapping.encoding),
  ]);
  return { ...spread(mapping, object), spec: { multipart: Object.fromEntries(parts), ...optional } };
}

/** A form whose fields are not all known: one argument, the members of which are the fields. */
function mapOpenForm(mapping: BodyMapping, essence: string): MappedBody {
  if (essence === MULTIPART) {
    throw new Unmappable(
      'its body is multipart/form-data, but no object with properties that are free to be arguments',
    );
  }
  const name = freeName('body', mapping.taken);
  const form = { [name]: { value: `{${name}}`, style: 'form' as const, explode: true } };
  return { ...wholeBody(mapping, name), spec: { form, ...(mapping.isRequired ? {} : { optional: true }) } };
}

/** OpenAPI 3.1, section 4.8.15: how a property of a form is written. */
function formField(name: string, encodings: Node): ParameterSpec<QueryOptions> {
  const encoding = nodeIn(encodings, name);
  const { style, explode } = encoding;
  if (style === 'deepObject' || style === 'spaceDelimited' || style === 'pipeDelimited')
    return { value: `{${name}}`, style };
  if (style === undefined && typeof explode !== 'boolean') return `{${name}}`;
  return { value: `{${name}}`, style: 'form', explode: explode !== false };
}

function part(name: string, isFile: boolean, encodings: Node): ParameterSpec<PartOptions> {
  const [type] = (textIn(nodeIn(encodings, name), 'contentType') ?? '').split(',');
  const contentType = type && !type.includes('*') ? { content_type: type.trim() } : {};
  if (isFile) return { value: `{${name}}`, encoding: 'base64', ...contentType };
  return 'content_type' in contentType ? { value: `{${name}}`, ...contentType } : `{${name}}`;
}

/** A body of any other type: text, or bytes in base64. */
function mapRaw(mapping: BodyMapping): MappedBody {
  const name = freeName('body', mapping.taken);
  const essence = essenceOf(mapping.type);
  const { value } = mapping.schemas.document.resolve(mapping.schema);
  const isText = /^text\/|xml$|yaml$|csv$|graphql$|x-ndjson$|javascript$|sql$/.test(essence) && !isBinary(value);
  const words = mapping.description === undefined ? '' : `${mapping.description} `;
  const schema: JsonSchema = isText
    ? { type: 'string', description: `${words}(${essence})` }
    : { type: 'string', contentEncoding: 'base64', description: `${words}(${essence}, in base64)` };
  return {
    properties: new Map([[name, schema]]),
    required: mapping.isRequired ? [name] : [],
    spec: {
      raw: `{${name}}`,
      content_type: essence.includes('*') ? 'application/octet-stream' : mapping.type,
      ...(isText ? {} : { encoding: 'base64' }),
    },
  };
}

function wholeBody({ schema, schemas, description, isRequired }: BodyMapping, name: string): Omit<MappedBody, 'spec'> {
  const converted = schemas.importer.convert(schema ?? {}, schemas.references);
  const property: JsonSchema =
    description === undefined ? converted : { ...(typeof converted === 'boolean' ? {} : converted), description };
  return { properties: new Map([[name, property]]), required: isRequired ? [name] : [] };
}

/** The object behind a body, where all its properties can stand beside the parameters. */
function spreadable({ schema, schemas, taken }: BodyMapping): PlainObject | undefined {
  const object = plainObject(schema, schemas.document);
  if (!object || object.properties.size === 0) return undefined;
  return [...object.properties.keys()].every((name) => !taken.has(name) && /^[^{}\s]+$/.test(name))
    ? object
    : undefined;
}

function spread({ schemas, isRequired }: BodyMapping, object: PlainObject): Omit<MappedBody, 'spec'> {
  const { importer, references, document } = schemas;
  const properties = [...object.properties].map(([name, schema]): [string, JsonSchema] => {
    const converted = importer.convert(schema, references);
    return [name, isBinary(document.resolve(schema).value) ? asBase64(converted) : converted];
  });
  return { properties: new Map(properties), required: isRequired ? object.required : [] };
}

function isBinary(schema: unknown): boolean {
  if (!isObject(schema)) return false;
  return (
    schema.format === 'binary' ||
    (typeof schema.contentMediaType === 'string' && schema.contentEncoding === undefined && schema.type === 'string')
  );
}

function asBase64(schema: JsonSchema): JsonSchema {
  if (typeof schema === 'boolean') return { type: 'string', contentEncoding: 'base64' };
  const { format: _format, contentMediaType: _type, ...rest } = schema;
  return { ...rest, type: 'string', contentEncoding: 'base64' };
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count += 1) free = `request_${name}${count === 2 ? '' : `_${count}`}`;
  return free;
}
