import { ERROR_CODES, type ErrorCode, type JsonObject } from '@capstan/sdk';
import type { Access } from '../auth/access.ts';
import { COMMON_ERRORS, type Route, type RouteParameter, type RouteSchema } from '../rest/route.ts';
import { COMPONENT_SCHEMAS, component } from '../rest/route-schemas.ts';

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, object>>;
    readonly schemas: Readonly<Record<string, RouteSchema>>;
  };
}

/** One operation of the document. */
export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security?: readonly never[];
  readonly parameters?: readonly OpenApiParameter[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, { readonly schema: RouteSchema; readonly example: JsonObject }>>;
  };
  readonly responses: Readonly<Record<string, OpenApiResponse>>;
}

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description: string;
  readonly schema: RouteSchema;
}

export interface OpenApiResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, { readonly schema: RouteSchema }>>;
}

/** The document of the interface: made of the routes that are served and of the one registry of error codes. */
export function openApiDocument(routes: readonly Route[], version: string): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Capstan',
      version,
      description:
        'Tools for agents, loaded, configured and governed. Every error has a code, a message and a hint; `code` decides, nobody reads messages.',
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'tools', description: 'Find tools and call them.' },
      { name: 'packs', description: 'What is enabled, and how it is configured.' },
      { name: 'operations', description: 'What the tools reach, and how it does.' },
      {
        name: 'administration',
        description: 'What operators change while the server runs. Secrets go in and never come out.',
      },
      { name: 'health', description: 'For probes; no key needed.' },
    ],
    security: [{ key: [] }],
    paths: { ...pathsOf(routes), ...HEALTH_PATHS },
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key, a session (`POST /v1/sessions`), or a token of an issuer that is trusted here.',
        },
      },
      schemas: COMPONENT_SCHEMAS,
    },
  };
}

function pathsOf(routes: readonly Route[]): OpenApiDocument['paths'] {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const route of routes) {
    const operations = paths[route.path] ?? {};
    operations[route.method] = operationOf(route);
    paths[route.path] = operations;
  }
  return paths;
}

function operationOf(route: Route): OpenApiOperation {
  const description = [route.description, WHO_MAY[route.access]].filter(Boolean).join(' ');
  const parameters = [
    ...[...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => pathParameter(name)),
    ...parametersIn('query', route.query ?? {}),
    ...parametersIn('header', route.headers ?? {}),
  ];
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(description === '' ? {} : { description }),
    parameters,
    ...(route.body === undefined ? {} : { requestBody: requestBodyOf(route.body) }),
    responses: { ...successesOf(route), ...failuresOf([...COMMON_ERRORS, ...sizeErrors(route), ...route.errors]) },
  };
}

const WHO_MAY: Readonly<Record<Access, string>> = {
  authenticated: 'For every caller.',
  viewer: 'For viewers, agents, operators and admins (scope `tools:read`).',
  agent: 'For agents, operators and admins (scope `tools:call`).',
  operator: 'For operators and admins (scope `workspace:manage`).',
  admin: 'For admins (scope `host:manage`).',
};

const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  workspace: 'The name of a workspace.',
  tool: 'Exposed name, tool id or alias.',
  code: 'The code of a pack.',
  run: 'The id of a run.',
  step: 'The id of a step.',
  id: 'The id (of a connection: or the name).',
  key: 'A key of the config of the pack.',
  name: 'The name.',
};

function pathParameter(name: string): OpenApiParameter {
  const description = PATH_PARAMETERS[name] ?? name;
  return { name, in: 'path', required: true, description, schema: { type: 'string' } };
}

function parametersIn(
  place: 'query' | 'header',
  parameters: Readonly<Record<string, RouteParameter>>,
): readonly OpenApiParameter[] {
  return Object.entries(parameters).map(([name, { description, schema }]) => ({
    name,
    in: place,
    required: false,
    description,
    schema,
  }));
}

function requestBodyOf({
  variants,
  required,
  example,
}: NonNullable<Route['body']>): NonNullable<OpenApiOperation['requestBody']> {
  const [first] = variants;
  const schema = variants.length === 1 && first !== undefined ? first : { oneOf: variants };
  return { required, content: { 'application/json': { schema, example } } };
}

const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: 'Done.',
  202: 'Waits for the approval of an operator; nothing has run yet.',
};

function successesOf(route: Route): Readonly<Record<string, OpenApiResponse>> {
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, schema]) => {
      const streamed =
        route.streams === true && status === '200' ? { 'text/event-stream': { schema: { type: 'string' } } } : {};
      const description = STATUS_TEXT[Number(status)] ?? '';
      return [status, { description, content: { 'application/json': { schema }, ...streamed } }];
    }),
  );
}

function sizeErrors(route: Route): readonly ErrorCode[] {
  return route.body === undefined ? [] : ['CAPSTAN_PAYLOAD_TOO_LARGE'];
}

/** Grouped by status; each says which codes it may carry. A failed call answers with its whole outcome. */
function failuresOf(codes: readonly ErrorCode[]): Readonly<Record<string, OpenApiResponse>> {
  const byStatus = Map.groupBy(new Set(codes), (code) => ERROR_CODES[code].httpStatus);
  return Object.fromEntries([...byStatus].map(([status, group]) => [String(status), failureOf(status, group)]));
}

function failureOf(status: number, codes: readonly ErrorCode[]): OpenApiResponse {
  const lines = codes.map((code) => `- \`${code}\`: ${ERROR_CODES[code].hint}`);
  const answer = codes.every(isOfCallsAlone)
    ? component('Outcome')
    : { anyOf: [component('ErrorAnswer'), component('Outcome')] };
  return {
    description: lines.join('\n'),
    ...(headersOf(status) === undefined ? {} : { headers: headersOf(status) ?? {} }),
    content: {
      'application/json': {
        schema: { allOf: [answer, { properties: { error: { properties: { code: { enum: codes } } } } }] },
      },
    },
  };
}

function isOfCallsAlone(code: ErrorCode): boolean {
  return code.startsWith('CAPSTAN_REMOTE_') || code === 'CAPSTAN_TOOL_FAILED';
}

function headersOf(status: number): Readonly<Record<string, object>> | undefined {
  if (status === 401) return { 'WWW-Authenticate': { schema: { type: 'string' } } };
  if (status === 429 || status === 503) {
    return { 'Retry-After': { description: 'In seconds, where it is known.', schema: { type: 'integer' } } };
  }
  return undefined;
}

function probe(operationId: string, summary: string, statuses: Readonly<Record<string, string>>): OpenApiOperation {
  const content = { 'application/json': { schema: component('Health') } };
  const responses = Object.fromEntries(
    Object.entries(statuses).map(([status, description]) => [status, { description, content }]),
  );
  return { operationId, tags: ['health'], summary, security: [], responses };
}

const HEALTH_PATHS: OpenApiDocument['paths'] = {
  '/healthz': { get: probe('health', 'Whether the process lives', { 200: 'It does.' }) },
  '/readyz': {
    get: probe('readiness', 'Whether it takes calls', {
      200: 'It does.',
      503: 'It is closing, or its database does not answer.',
    }),
  },
};
