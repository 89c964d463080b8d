import { type Caller, isScope, type SessionTokens } from '@capstan/identity';
import { CapstanError, type JsonObject } from '@capstan/sdk';
import { numberIn, textIn, textsIn } from './json-reader.ts';
import type { Route, RouteSchema } from './route.ts';
import { isoTime } from './wire-views.ts';

/** Who one is, and sessions with fewer rights. */
export function sessionRoutes(sessions: SessionTokens): readonly Route[] {
  return [showCaller(), createSession(sessions)];
}

const CALLER_FIELDS: Readonly<Record<string, RouteSchema>> = {
  principal: { type: 'string' },
  credential: { type: 'string', enum: ['key', 'jwt', 'session'] },
  roles: { type: 'array', items: { type: 'string' } },
  scopes: { type: 'array', items: { type: 'string' } },
  workspaces: { anyOf: [{ const: 'all' }, { type: 'array', items: { type: 'string' } }] },
  expires_at: { type: ['string', 'null'], format: 'date-time' },
};

function showCaller(): Route {
  return {
    method: 'get',
    path: '/v1/me',
    operationId: 'showCaller',
    tag: 'operations',
    summary: 'Who the server takes you for',
    access: 'authenticated',
    responses: { 200: { type: 'object', required: Object.keys(CALLER_FIELDS), properties: CALLER_FIELDS } },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND'],
    handle: ({ caller }) => ({ status: 200, body: callerJson(caller) }),
  };
}

function createSession(sessions: SessionTokens): Route {
  return {
    method: 'post',
    path: '/v1/sessions',
    operationId: 'createSession',
    tag: 'operations',
    summary: 'Make a short session with fewer rights',
    description:
      'For a browser, or an agent that another one starts. It never has more rights than its maker, nor lives longer; revoking the key ends it. A session makes no session.',
    access: 'authenticated',
    body: {
      required: false,
      variants: [
        {
          type: 'object',
          properties: {
            ttl_s: { type: 'integer', minimum: 1, maximum: 3600, description: 'Default 900.' },
            scopes: {
              type: 'array',
              minItems: 1,
              maxItems: 64,
              items: { type: 'string', maxLength: 128 },
              description: 'Default: those of the maker, without `host:manage`.',
            },
            workspace: { type: 'string', maxLength: 128, description: 'Default: those of the maker.' },
          },
          additionalProperties: false,
        },
      ],
      example: { ttl_s: 900, scopes: ['tools:read', 'tools:call'], workspace: 'default' },
    },
    responses: {
      200: {
        type: 'object',
        required: ['token', ...Object.keys(CALLER_FIELDS)],
        properties: { token: { type: 'string' }, ...CALLER_FIELDS },
      },
    },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_INVALID_ARGUMENTS'],
    handle: async ({ caller, body }) => {
      const { token, caller: narrowed } = await sessions.create(caller, wantedIn(body));
      return { status: 200, headers: { 'cache-control': 'no-store' }, body: { token, ...callerJson(narrowed) } };
    },
  };
}

function wantedIn(body: JsonObject): Parameters<SessionTokens['create']>[1] {
  const [seconds, scopes, workspace] = [numberIn(body, 'ttl_s'), textsIn(body, 'scopes'), textIn(body, 'workspace')];
  const unknown = scopes?.find((scope) => !isScope(scope));
  if (unknown !== undefined) {
    throw new CapstanError('CAPSTAN_INVALID_ARGUMENTS', `there is no scope ${JSON.stringify(unknown)}`, {
      hint: 'GET /v1/me lists the scopes that you can give away.',
    });
  }
  return {
    ...(seconds === undefined ? {} : { lifeMs: seconds * 1000 }),
    ...(scopes === undefined ? {} : { scopes: scopes.filter(isScope) }),
    ...(workspace === undefined ? {} : { workspace }),
  };
}

function callerJson({ kind, principal, scopes, workspaces, expiresAt }: Caller): Readonly<Record<string, unknown>> {
  return {
    principal: principal.id,
    credential: kind,
    roles: principal.roles,
    scopes: [...scopes],
    workspaces,
    expires_at: Number.isFinite(expiresAt) ? isoTime(expiresAt) : null,
  };
}
