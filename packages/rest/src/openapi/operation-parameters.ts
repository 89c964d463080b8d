import type { JsonSchema } from '@capstan/sdk';
import type { PathStyle, QueryStyle } from '../backend/http-backend.ts';
import type { ParameterSpec, PathOptions, QueryOptions } from '../backend/http-backend-spec.ts';
import { isObject } from '../json-object.ts';
import { listIn, type Node, nodeIn, type OpenApiDocument, textIn, Unmappable } from './openapi-document.ts';
import type { SchemaImporter } from './schema-import.ts';

/** What the parameters of an operation become: arguments of the tool, and their places in the request. */
export interface MappedParameters {
  /** Arguments by name, in order. */
  readonly properties: Map<string, JsonSchema>;
  readonly required: string[];
  readonly path: Map<string, ParameterSpec<PathOptions>>;
  readonly query: Map<string, ParameterSpec<QueryOptions>>;
  readonly headers: Map<string, string>;
  readonly cookies: Map<string, string>;
  /** The slot of each path parameter, where it is not its name. */
  readonly slots: Map<string, string>;
}

/** What mapping the schemas of one operation needs. */
export interface OperationSchemas {
  readonly document: OpenApiDocument;
  readonly importer: SchemaImporter;
  /** Collects the definitions that the operation speaks of. */
  readonly references: Set<string>;
}

type Place = 'path' | 'query' | 'header' | 'cookie';

interface Parameter {
  readonly name: string;
  readonly place: Place;
  readonly node: Node;
}

const PLACES: readonly Place[] = ['path', 'query', 'header', 'cookie'];
/** OpenAPI 3.1, section 4.8.12.1: parameters of these names are ignored. */
const IGNORED_HEADERS = /^(?:accept|content-type|authorization)$/i;
/** Those that the host writes. */
const OWN_HEADERS =
  /^(?:host|connection|content-length|transfer-encoding|cookie|te|trailer|upgrade|expect|keep-alive)$/i;

/** Maps the parameters of a path and of its operation; the operation's count where both have one. */
export function mapParameters(
  pathItem: Node,
  operation: Node,
  path: string,
  schemas: OperationSchemas,
): MappedParameters {
  const mapped: MappedParameters = {
    properties: new Map(),
    required: [],
    path: new Map(),
    query: new Map(),
    headers: new Map(),
    cookies: new Map(),
    slots: new Map(),
  };
  for (const parameter of parametersOf(pathItem, operation, path, schemas.document)) {
    addParameter(mapped, parameter, schemas);
  }
  return mapped;
}

function parametersOf(pathItem: Node, operation: Node, path: string, document: OpenApiDocument): readonly Parameter[] {
  const found = new Map<string, Parameter>();
  for (const written of [...listIn(pathItem, 'parameters'), ...listIn(operation, 'parameters')]) {
    const node = document.resolveObject(written, 'a parameter');
    const { name, in: place } = node;
    if (typeof name !== 'string' || name === '' || !isPlace(place)) {
      throw new Unmappable(`a parameter has no name, or no place that is known: ${JSON.stringify(place ?? null)}`);
    }
    if (place === 'header' && (IGNORED_HEADERS.test(name) || OWN_HEADERS.test(name))) continue;
    found.set(`${place} ${name}`, { name, place, node });
  }
  const slots = [...path.matchAll(/\{([^{}]+)\}/g)].map(([, name = '']) => name);
  for (const name of slots) {
    // A slot that nobody describes is a text that the path needs.
    if (!found.has(`path ${name}`))
      found.set(`path ${name}`, { name, place: 'path', node: { schema: { type: 'string' } } });
  }
  const used = [...found.values()].filter(({ place, name }) => place !== 'path' || slots.includes(name));
  return used.toSorted((a, b) => PLACES.indexOf(a.place) - PLACES.indexOf(b.place));
}

function isPlace(value: unknown): value is Place {
  return PLACES.some((place) => place === value);
}

function addParameter(mapped: MappedParameters, { name, place, node }: Parameter, schemas: OperationSchemas): void {
  const argument = freeName(mapped, name, place);
  const slot = `{${argument}}`;
  const content = Object.values(nodeIn(node, 'content'))[0];
  const written = isObject(content) ? content.schema : node.schema;
  mapped.properties.set(argument, described(schemas.importer.convert(written ?? {}, schemas.references), node));
  if (place === 'path' || node.required === true) mapped.required.push(argument);
  if (place === 'path') addPathParameter(mapped, name, { argument, node });
  else if (place === 'header') mapped.headers.set(name, slot);
  else if (place === 'cookie') mapped.cookies.set(name, slot);
  else
    mapped.query.set(
      name,
      queryParameter(slot, node, { isJson: isObject(content), kind: kindOf(written, schemas.document) }),
    );
}

function addPathParameter(
  mapped: MappedParameters,
  name: string,
  { argument, node }: { readonly argument: string; readonly node: Node },
): void {
  if (argument !== name) mapped.slots.set(name, argument);
  const style = pathStyle(node);
  const explode = node.explode === true;
  const segments = node['x-multi-segment'] === true || node.allowReserved === true;
  if (style === 'simple' && !explode && !segments) return;
  mapped.path.set(argument, {
    value: `{${argument}}`,
    style,
    ...(explode ? { explode } : {}),
    ...(segments ? { segments } : {}),
  });
}

function pathStyle({ style }: Node): PathStyle {
  return style === 'label' || style === 'matrix' ? style : 'simple';
}

/** A plain entry writes lists as OpenAPI's default does; objects it writes as JSON, which is not that default. */
function queryParameter(
  value: string,
  node: Node,
  { isJson, kind }: { readonly isJson: boolean; readonly kind: ValueKind },
): ParameterSpec<QueryOptions> {
  const reserved = node.allowReserved === true ? { allow_reserved: true } : {};
  if (isJson) return { value, style: 'json', ...reserved };
  const style = queryStyle(node);
  const explode = typeof node.explode === 'boolean' ? node.explode : style === 'form';
  const isPlain = style === 'form' && (kind === 'scalar' || (kind === 'list' && explode));
  if (isPlain) return node.allowReserved === true ? { value, ...reserved } : value;
  return { value, style, explode, ...reserved };
}

function queryStyle({ style }: Node): QueryStyle {
  return style === 'spaceDelimited' || style === 'pipeDelimited' || style === 'deepObject' ? style : 'form';
}

type ValueKind = 'scalar' | 'list' | 'other';

function kindOf(schema: unknown, document: OpenApiDocument): ValueKind {
  const { value } = document.resolve(schema);
  const types = isObject(value) ? [value.type].flat() : [];
  if (types.length === 0 || types.includes(undefined)) return 'other';
  if (types.includes('object')) return 'other';
  return types.includes('array') ? 'list' : 'scalar';
}

/** A property with the parameter's own words. */
function described(schema: JsonSchema, node: Node): JsonSchema {
  const description = textIn(node, 'description');
  if (description === undefined) return schema;
  return typeof schema === 'boolean' ? { description } : { ...schema, description };
}

/** The name of an argument: the parameter's, with its place where two share it; without what no slot can hold. */
function freeName({ properties }: MappedParameters, name: string, place: Place): string {
  const plain = name.replaceAll(/[{}\s]+/g, '_');
  if (!properties.has(plain)) return plain;
  const placed = `${plain}_${place}`;
  let free = placed;
  for (let count = 2; properties.has(free); count += 1) free = `${placed}_${count}`;
  return free;
}
