import { type CompiledSchema, compileSchema, suggest } from '@capstan/schema';
import type { JsonObject } from '@capstan/sdk';
import { readUrl, type UrlTemplate } from '../template/url-template.ts';
import { type BackendProblem, ProblemList } from './backend-problem.ts';
import { literalHost, slotsInBackend } from './backend-slots.ts';
import type { BodyTemplate, HttpBackend, HttpMethod } from './http-backend.ts';
import { HTTP_BACKEND_SCHEMA } from './http-backend-schema.ts';
import type { HttpBackendSpec } from './http-backend-spec.ts';
import { readAuth } from './parse-auth.ts';
import { readBody } from './parse-body.ts';
import { readNamedValues, readPathParameters, readQueryParameters } from './parse-parameters.ts';
import { readErrorRules, readPagination, readResponse } from './parse-response.ts';

/** A backend that was read, or everything that is wrong with it. */
export type HttpBackendReading =
  | { readonly ok: true; readonly backend: HttpBackend }
  | { readonly ok: false; readonly problems: readonly BackendProblem[] };

/** What the rest of the manifest says that a backend has to fit. */
export interface HttpBackendSurroundings {
  /** The properties of the tool's input schema. Where given, a slot has to be one of them. */
  readonly parameters?: readonly string[];
  /** The keys of the pack's config. Where given, a `${config.key}` has to be one of them. */
  readonly configKeys?: readonly string[];
}

/** Reads an `http:` backend of a manifest. All problems at once, each with its path. Never throws. */
export function parseHttpBackend(spec: unknown, surroundings: HttpBackendSurroundings = {}): HttpBackendReading {
  const problems = new ProblemList();
  const backend = isSpec(spec) ? readBackend(spec, problems) : undefined;
  if (backend === undefined) problems.shape(shape(), spec);
  else checkNames(backend, surroundings, problems);
  if (backend === undefined || problems.problems.length > 0) return { ok: false, problems: problems.problems };
  return { ok: true, backend };
}

let compiled: CompiledSchema | undefined;

function shape(): CompiledSchema {
  if (compiled) return compiled;
  const compilation = compileSchema(HTTP_BACKEND_SCHEMA, { origin: 'own' });
  if (!compilation.ok) throw new Error('the schema of http backends does not compile');
  compiled = compilation.schema;
  return compiled;
}

function isSpec(value: unknown): value is HttpBackendSpec & JsonObject {
  return shape().accepts(value);
}

const BODYLESS: readonly HttpMethod[] = ['GET', 'HEAD', 'OPTIONS', 'DELETE'];

function readBackend(spec: HttpBackendSpec & JsonObject, problems: ProblemList): HttpBackend {
  const method = spec.method ?? 'GET';
  const url = readUrl(spec.url);
  if (!url.ok) problems.add(['url'], url.message, url.hint);
  checkHeaders(spec, problems);
  const body = readBody(spec.body, problems);
  const otherArguments = spec.other_arguments ?? (BODYLESS.includes(method) ? 'query' : bodyOrNothing(body));
  if (otherArguments === 'body' && bodyOrNothing(body) === 'ignore') {
    problems.add(['other_arguments'], 'this body has no place for further arguments', 'Use query or ignore.');
  }
  const parts = {
    url: url.ok ? url.url : NO_URL,
    path: readPathParameters(spec.path, problems),
    query: readQueryParameters(spec.query, ['query'], problems),
    headers: readNamedValues(spec.headers, ['headers'], problems),
    cookies: readNamedValues(spec.cookies, ['cookies'], problems),
    body,
    auth: readAuth(spec.auth, problems),
  };
  const slots = slotsInBackend(parts);
  return {
    ...parts,
    method,
    otherArguments,
    authDeclared: spec.auth !== undefined,
    response: readResponse(spec.response, problems),
    pagination: readPagination(spec.pagination, problems),
    errors: readErrorRules(spec.errors, problems),
    idempotencyHeader: spec.idempotency_header,
    followsRedirects: (spec.redirects ?? 'follow') === 'follow',
    placed: new Set(slots.flatMap((slot) => (slot.kind === 'argument' ? [slot.name] : []))),
    configKeys: [...new Set(slots.flatMap((slot) => (slot.kind === 'config' ? [slot.key] : [])))],
    host: literalHost(parts.url),
    spec,
  };
}

const NO_URL: UrlTemplate = { base: { kind: 'connection' }, path: [], query: [] };

/** Whether a body can take further members. */
function bodyOrNothing(body: BodyTemplate): 'body' | 'ignore' {
  if (body.kind === 'raw') return 'ignore';
  return body.kind === 'json' && body.value.kind !== 'record' ? 'ignore' : 'body';
}

/** Headers that the host or the protocol decides, and `auth:` where it is about credentials. */
function checkHeaders({ headers }: HttpBackendSpec, problems: ProblemList): void {
  for (const name of Object.keys(headers ?? {})) {
    if (/^(?:host|content-length|transfer-encoding|connection|upgrade|te|trailer|expect|keep-alive)$/i.test(name)) {
      problems.add(['headers', name], `the header "${name}" is written by the host`, 'Leave it out.');
    } else if (/^(?:authorization|proxy-authorization|cookie)$/i.test(name)) {
      const hint = /cookie/i.test(name) ? 'Use cookies:.' : 'Use auth:, which keeps credentials secret.';
      problems.add(['headers', name], `the header "${name}" may not be written here`, hint);
    }
  }
}

/** Slots against what the tool and the pack have; path entries against the slots of the URL. */
function checkNames(backend: HttpBackend, surroundings: HttpBackendSurroundings, problems: ProblemList): void {
  const { parameters, configKeys } = surroundings;
  const inPath = new Set(backend.url.path.flatMap((slot) => (slot.kind === 'argument' ? [slot.name] : [])));
  for (const name of backend.path.keys()) {
    if (!inPath.has(name)) problems.add(['path', name], `the URL has no slot {${name}}`, `Add {${name}} to the path.`);
  }
  for (const name of parameters ? backend.placed : []) {
    if (!parameters?.includes(name))
      problems.add([], `{${name}} is no property of input_schema`, meant(name, parameters));
  }
  for (const key of configKeys ? backend.configKeys : []) {
    const [name = key] = key.split('.');
    if (!configKeys?.includes(name)) {
      problems.add([], `\${config.${key}} is no key of the pack's config`, meant(name, configKeys));
    }
  }
  if (backend.otherArguments !== 'ignore') return;
  for (const name of parameters ?? []) {
    if (!backend.placed.has(name)) problems.add([], `the argument "${name}" goes nowhere`, 'Place it, or remove it.');
  }
}

function meant(word: string, candidates: readonly string[] | undefined): string | undefined {
  const similar = suggest(word, candidates ?? []);
  return similar === undefined ? undefined : `did you mean "${similar}"?`;
}
