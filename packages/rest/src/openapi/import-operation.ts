import type { DangerLevel, JsonSchema, ToolAnnotations } from '@capstan/sdk';
import type { HttpBackend, HttpMethod } from '../backend/http-backend.ts';
import type { HttpBackendSpec } from '../backend/http-backend-spec.ts';
import { parseHttpBackend } from '../backend/parse-http-backend.ts';
import { listIn, type Node, type OpenApiDocument, textIn, Unmappable } from './openapi-document.ts';
import { mapBody } from './operation-body.ts';
import type { OperationNames } from './operation-name.ts';
import { type MappedParameters, mapParameters } from './operation-parameters.ts';
import type { SchemaImporter } from './schema-import.ts';
import type { SecurityImporter } from './security.ts';
import { ownServer } from './servers.ts';

/** A tool made of one operation. */
export interface OpenApiTool {
  /** Unique in its document; the operation id as far as a tool may be called so. */
  readonly name: string;
  readonly displayName: string | undefined;
  readonly description: string;
  readonly tags: readonly string[];
  readonly inputSchema: JsonSchema;
  readonly annotations: ToolAnnotations;
  readonly dangerLevel: DangerLevel;
  /** Ready to run; `backend.spec` is what a manifest says under `http:`. */
  readonly backend: HttpBackend;
}

/** One operation of a document. */
export interface Operation {
  readonly method: HttpMethod;
  readonly path: string;
  readonly operationId: string | undefined;
  readonly pathItem: Node;
  readonly node: Node;
}

/** What all operations of a document share. */
export interface ImportServices {
  readonly document: OpenApiDocument;
  readonly importer: SchemaImporter;
  readonly security: SecurityImporter;
  readonly names: OperationNames;
  /** What `base_url` is unless it is set. */
  readonly defaultUrl: string | undefined;
}

const MAX_DESCRIPTION = 2_000;

/** Makes a tool of an operation. @throws Unmappable with the reason why it cannot be one. */
export function importOperation(operation: Operation, services: ImportServices): OpenApiTool {
  const { method, path, operationId, node, pathItem } = operation;
  const references = new Set<string>();
  const schemas = { document: services.document, importer: services.importer, references };
  const parameters = mapParameters(pathItem, node, path, schemas);
  const hasBody = method !== 'GET' && method !== 'HEAD'; // RFC 9110, section 9.3.1
  const body = hasBody ? mapBody(node, new Set(parameters.properties.keys()), schemas) : undefined;
  const { auth } = services.security.of(node);
  const spec: HttpBackendSpec = {
    method,
    url: `${baseOf(operation, services)}${urlPath(path, parameters)}`,
    ...given('path', parameters.path),
    ...given('query', parameters.query),
    ...given('headers', parameters.headers),
    ...given('cookies', parameters.cookies),
    ...(body ? { body: body.spec } : {}),
    other_arguments: 'ignore',
    ...(auth === undefined ? {} : { auth }),
  };
  const properties = new Map([...parameters.properties, ...(body?.properties ?? [])]);
  const backend = readBackend(spec, [...properties.keys()]);
  const inputSchema = objectSchema(
    properties,
    [...parameters.required, ...(body?.required ?? [])],
    services.importer.definitions(references),
  );
  return {
    name: services.names.nameOf(method, path, operationId),
    displayName: textIn(node, 'summary')?.slice(0, 200),
    description: descriptionOf(operation),
    tags: listIn(node, 'tags').filter((tag) => typeof tag === 'string'),
    inputSchema,
    annotations: annotationsOf(method),
    dangerLevel: dangerOf(method),
    backend,
  };
}

/** A server of the operation's own is written out: settings are about the document's. */
function baseOf({ node, pathItem }: Operation, { defaultUrl }: ImportServices): string {
  const own = ownServer(node, pathItem);
  return own === undefined || own === defaultUrl ? `\${config.base_url}` : own;
}

function given<Key extends string, Value>(
  key: Key,
  values: ReadonlyMap<string, Value>,
): { readonly [K in Key]?: Readonly<Record<string, Value>> } {
  const entry: { [K in Key]?: Readonly<Record<string, Value>> } = {};
  if (values.size > 0) entry[key] = Object.fromEntries(values);
  return entry;
}

/**
 * The path with the slots of its arguments; dollars before them would make settings of them. A fragment only tells
 * operations of one path apart: no request carries it.
 */
function urlPath(path: string, { slots }: MappedParameters): string {
  const withSlots = (path.split('#', 1)[0] ?? '')
    .replaceAll(/\$(?=\{)/g, '%24')
    .replaceAll(/\{([^{}]+)\}/g, (_whole, name: string) => {
      const argument = slots.get(name) ?? name;
      return `{${argument}}`;
    });
  return withSlots.startsWith('/') ? withSlots : `/${withSlots}`;
}

function readBackend(spec: HttpBackendSpec, parameters: readonly string[]): HttpBackend {
  const reading = parseHttpBackend(spec, { parameters });
  if (reading.ok) return reading.backend;
  const [problem] = reading.problems;
  throw new Unmappable(problem ? `${problem.path.join('.')}: ${problem.message}` : 'its request cannot be written');
}

function objectSchema(
  properties: ReadonlyMap<string, JsonSchema>,
  required: readonly string[],
  definitions: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required: [...new Set(required)] }),
    additionalProperties: false,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
  };
}

function descriptionOf({ node, method, path }: Operation): string {
  const summary = textIn(node, 'summary');
  const description = textIn(node, 'description');
  const words = [
    node.deprecated === true ? 'Deprecated.' : undefined,
    summary,
    description === summary ? undefined : description,
  ];
  const text = words.filter((part) => part !== undefined).join('\n\n') || `${method} ${path}`;
  return text.length <= MAX_DESCRIPTION ? text : `${text.slice(0, MAX_DESCRIPTION - 1)}…`;
}

/** RFC 9110, section 9.2: what the methods promise. */
function annotationsOf(method: HttpMethod): ToolAnnotations {
  const readOnly = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  return {
    readOnly,
    destructive: !readOnly && method !== 'POST',
    idempotent: readOnly || method === 'PUT' || method === 'DELETE',
    openWorld: true,
  };
}

function dangerOf(method: HttpMethod): DangerLevel {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return 'low';
  return method === 'DELETE' ? 'high' : 'medium';
}
