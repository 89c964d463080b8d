import { type CompiledSchema, compileSchema, type SchemaProblem } from '@capstan/schema';
import { CapstanError, type JsonObject } from '@capstan/sdk';
import type { Route, RouteBody, RouteParameter, RouteSchema } from './route.ts';

/** The checked parts of a request. */
export interface CheckedRequest {
  readonly query: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body: JsonObject;
}

/** Checks requests of one route; its schemas are compiled once. */
export interface RequestCheck {
  /** @throws CapstanError CAPSTAN_INVALID_REQUEST with every problem. */
  check(given: {
    readonly query: unknown;
    readonly headers: Readonly<Record<string, unknown>>;
    readonly body: unknown;
  }): CheckedRequest;
}

/** @throws Error when a schema of the route cannot be compiled: a defect of this server. */
export function createRequestCheck(route: Route): RequestCheck {
  const query = parameterCheck(route.query ?? {}, { closed: true });
  const headers = parameterCheck(route.headers ?? {}, { closed: false });
  const variants = (route.body?.variants ?? []).map((schema) => ({ schema, compiled: compiled(schema) }));
  return {
    check: (given) => {
      const readQuery = coerced(route.query ?? {}, given.query);
      const problems = [
        ...located('query', query.problems(readQuery)),
        ...located('headers', headers.problems(picked(given.headers, route.headers ?? {}))),
        ...located('body', bodyProblems(route.body, variants, given.body)),
      ];
      if (problems.length > 0) throw invalidRequest(problems);
      return { query: readQuery, body: isObject(given.body) ? given.body : {} };
    },
  };
}

interface Variant {
  readonly schema: RouteSchema;
  readonly compiled: CompiledSchema;
}

function bodyProblems(
  body: RouteBody | undefined,
  variants: readonly Variant[],
  value: unknown,
): readonly SchemaProblem[] {
  // A route that takes nothing ignores what comes, as browsers and scripts often send `{}`.
  if (body === undefined || (value === undefined && !body.required)) return [];
  const chosen = variants.find(({ schema }) => hasRequired(schema, value)) ?? variants[0];
  return chosen?.compiled.problems(value ?? null) ?? [];
}

function hasRequired({ required }: RouteSchema, value: unknown): boolean {
  return isObject(value) && Array.isArray(required) && required.every((key) => Object.hasOwn(value, key));
}

function parameterCheck(
  parameters: Readonly<Record<string, RouteParameter>>,
  { closed }: { readonly closed: boolean },
): CompiledSchema {
  const properties = Object.fromEntries(Object.entries(parameters).map(([name, { schema }]) => [name, schema]));
  return compiled({ type: 'object', properties, ...(closed ? { additionalProperties: false } : {}) });
}

function compiled(schema: RouteSchema): CompiledSchema {
  const result = compileSchema(schema, { origin: 'own' });
  if (result.ok) return result.schema;
  throw new Error(`a schema of the server is wrong: ${JSON.stringify(result.problems)}`);
}

/** Query values are text; they become what their schema says, where they look like it. */
function coerced(
  parameters: Readonly<Record<string, RouteParameter>>,
  given: unknown,
): Record<string, string | number | boolean> {
  const entries = isObject(given) ? Object.entries(given) : [];
  return Object.fromEntries(
    entries.map(([name, value]) => [name, coerceText(parameters[name]?.schema.type, value)]),
  ) as Record<string, string | number | boolean>;
}

function coerceText(type: RouteParameter['schema']['type'] | undefined, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

function picked(given: Readonly<Record<string, unknown>>, wanted: Readonly<Record<string, unknown>>): JsonObject {
  const names = Object.keys(wanted).filter((name) => given[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, String(given[name])]));
}

function located(part: string, problems: readonly SchemaProblem[]): readonly JsonObject[] {
  return problems.map(({ pointer, keyword, message, hint }) => ({
    in: part,
    pointer,
    keyword,
    message,
    ...(hint === undefined ? {} : { hint }),
  }));
}

function invalidRequest(problems: readonly JsonObject[]): CapstanError {
  const summary = problems.slice(0, 3).map((problem) => `${problem.in}: ${problem.message}`);
  return new CapstanError('CAPSTAN_INVALID_REQUEST', summary.join('; '), { details: { problems } });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
