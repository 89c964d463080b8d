import { CapstanError, type JsonObject, type ToolConnection, type ToolContext } from '@capstan/sdk';
import type { HttpBackend, HttpMethod } from '../backend/http-backend.ts';
import type { UrlBase } from '../template/url-template.ts';
import { fillText, type Scope, textOf } from '../template/value-template.ts';
import { callScope, missingSetting } from './call-scope.ts';
import { NO_CREDENTIALS, type PlannedCredentials, planCredentials } from './credentials.ts';
import { writeBody } from './write-body.ts';
import { writeCookies, writeHeaders } from './write-headers.ts';
import { writePath } from './write-path.ts';
import { joinPairs, PLAIN_WRITING, writeFixedQuery, writeParameter, writeQuery } from './write-query.ts';

/** A request that is ready to be sent, but for its credentials. */
export interface PlannedRequest {
  readonly method: HttpMethod;
  /** Origin, and a path where the base URL has one. */
  readonly baseUrl: string;
  /** Below the base URL; empty, or begins with a slash. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** Pairs, without those of credentials. */
  readonly cookies: readonly string[];
  readonly body: string | Buffer | undefined;
  readonly credentials: PlannedCredentials;
}

/** What a request is planned for. */
export interface RequestCircumstances {
  readonly connection: ToolConnection;
  readonly context: Pick<ToolContext, 'executionId' | 'idempotencyKey'>;
  readonly userAgent: string;
}

/**
 * Writes the request of one call.
 * @throws CapstanError `CAPSTAN_INVALID_ARGUMENTS`, `CAPSTAN_NEEDS_CONFIG` or `CAPSTAN_CONFIG_INVALID`.
 */
export function planRequest(
  backend: HttpBackend,
  input: JsonObject,
  { connection, context, userAgent }: RequestCircumstances,
): PlannedRequest {
  const scope = callScope(input, connection.config);
  const baseUrl = baseUrlOf(backend.url.base, scope, connection);
  const others = othersOf(backend, input);
  const path = writePath(backend.url.path, backend.path, scope);
  const written = writeBody(backend.body, {
    scope,
    others: backend.otherArguments === 'body' ? others : {},
    seed: context.executionId,
  });
  const own = writeHeaders(backend.headers, scope);
  const key = backend.idempotencyHeader;
  return {
    method: backend.method,
    baseUrl,
    path,
    query: queryOf(backend, scope, backend.otherArguments === 'query' ? others : {}),
    headers: [
      ...unlessGiven(own, 'User-Agent', userAgent),
      ...unlessGiven(own, 'Accept', 'application/json, text/*;q=0.9, */*;q=0.8'),
      ...(written ? unlessGiven(own, 'Content-Type', written.contentType) : []),
      ...(key === undefined ? [] : unlessGiven(own, key, context.idempotencyKey)),
      ...own,
    ],
    cookies: writeCookies(backend.cookies, scope),
    body: written?.body,
    credentials: isOwnAffair(backend, baseUrl, connection) ? planCredentials(backend, connection) : NO_CREDENTIALS,
  };
}

function queryOf(backend: HttpBackend, scope: Scope, others: JsonObject): string {
  const plain = Object.entries(others).flatMap(([name, value]) => writeParameter(name, value, PLAIN_WRITING));
  const pairs = joinPairs([...writeQuery(backend.query, scope), ...plain]);
  return [...writeFixedQuery(backend.url.query, scope), pairs].filter((part) => part !== '').join('&');
}

function othersOf({ placed, otherArguments }: HttpBackend, input: JsonObject): JsonObject {
  if (otherArguments === 'ignore') return {};
  return Object.fromEntries(Object.entries(input).filter(([name, value]) => value !== undefined && !placed.has(name)));
}

function baseUrlOf(base: UrlBase, scope: Scope, connection: ToolConnection): string {
  switch (base.kind) {
    case 'connection': {
      const url = connection.remoteClusterUrl ?? connection.config.base_url;
      if (typeof url === 'string' && url !== '') return url;
      throw missingSetting('base_url', 'Base URL of the service');
    }
    case 'config':
      return textOf(scope.config(base.key));
    case 'origin':
      return fillText(base.segments, scope, (value) => hostPart(textOf(value))) ?? '';
  }
}

/** A setting may name a part of the host, and nothing but that. */
function hostPart(text: string): string {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?$/.test(text)) return text;
  throw new CapstanError('CAPSTAN_CONFIG_INVALID', `"${text.slice(0, 100)}" cannot be part of the name of a host.`);
}

/** Credentials of a connection go to its own origin. To another one they go where the backend says `auth:` itself. */
function isOwnAffair(backend: HttpBackend, baseUrl: string, { remoteClusterUrl }: ToolConnection): boolean {
  if (backend.authDeclared || remoteClusterUrl === undefined) return true;
  return URL.parse(remoteClusterUrl)?.origin === URL.parse(baseUrl)?.origin;
}

function unlessGiven(headers: readonly string[], name: string, value: string): readonly string[] {
  const isGiven = headers.some((text, index) => index % 2 === 0 && text.toLowerCase() === name.toLowerCase());
  return isGiven ? [] : [name, value];
}
