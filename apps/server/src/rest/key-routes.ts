import type { Host } from '@capstan/host';
import { isRole, isScope, KeyRegistry, type KeyStore, ROLES, type StoredKey } from '@capstan/identity';
import { CapstanError, type JsonObject } from '@capstan/sdk';
import type { ServerKey } from '../auth/server-auth.ts';
import { numberIn, textIn, textsIn } from './json-reader.ts';
import { recorded } from './recorded-act.ts';
import type { Route, RouteRequest } from './route.ts';
import { component, page } from './route-schemas.ts';
import { isoTime } from './wire-views.ts';

/** What the routes of keys work with. */
export interface KeyRoutesOptions {
  readonly host: Host;
  readonly store: KeyStore;
  /** Keys that a file of the operator declares: they are changed there. */
  readonly declared: readonly ServerKey[];
  readonly now: () => number;
}

/** API keys. */
export function keyRoutes(options: KeyRoutesOptions): readonly Route[] {
  const registry = new KeyRegistry({ store: options.store, clock: { now: options.now } });
  return [listKeys(registry, options), createKey(registry, options), revokeKey(registry, options)];
}

function listKeys(registry: KeyRegistry, { declared, now }: KeyRoutesOptions): Route {
  return {
    method: 'get',
    path: '/v1/keys',
    operationId: 'listKeys',
    tag: 'administration',
    summary: 'List API keys, those that ended too',
    description: 'Of a key its prefix is shown, by which support finds it; its value is shown once, when it is made.',
    access: 'admin',
    responses: { 200: page(component('Key')) },
    errors: ['CAPSTAN_STORE_UNAVAILABLE'],
    handle: async () => {
      const made = (await registry.list()).map((key) => keyJson(key, now()));
      return { status: 200, body: { items: [...declared.map(declaredJson), ...made] } };
    },
  };
}

function createKey(registry: KeyRegistry, options: KeyRoutesOptions): Route {
  return {
    method: 'post',
    path: '/v1/keys',
    operationId: 'createKey',
    tag: 'administration',
    summary: 'Make an API key',
    description: '`value` is shown this once. Without an end it holds until it is revoked.',
    access: 'admin',
    body: {
      required: true,
      variants: [
        {
          type: 'object',
          required: ['name', 'role'],
          properties: {
            name: {
              type: 'string',
              minLength: 1,
              maxLength: 64,
              description: 'Shown in audit records as `key:{name}`.',
            },
            role: { enum: [...ROLES] },
            workspace: {
              type: 'string',
              maxLength: 63,
              description: 'The one that it opens. Only keys of operators and admins may go without.',
            },
            scopes: {
              type: 'array',
              maxItems: 64,
              items: { type: 'string', maxLength: 128 },
              description: 'Fewer rights than the role has.',
            },
            expires_in_s: { type: 'integer', minimum: 1, maximum: 315_360_000, description: 'Seconds from now.' },
          },
          additionalProperties: false,
        },
      ],
      example: { name: 'support-agent', role: 'agent', workspace: 'support', expires_in_s: 7_776_000 },
    },
    responses: { 200: component('CreatedKey') },
    errors: [
      'CAPSTAN_INVALID_ARGUMENTS',
      'CAPSTAN_WORKSPACE_NOT_FOUND',
      'CAPSTAN_CONFLICT',
      'CAPSTAN_STORE_UNAVAILABLE',
    ],
    handle: (request) =>
      recorded(options.host, request, { act: 'key.create', target: textIn(request.body, 'name') ?? '' }, async () => {
        const { key, token } = await registry.create(wantedKey(request, options));
        return { status: 200, body: { ...keyJson(key, options.now()), value: token } };
      }),
  };
}

function wantedKey({ body, caller }: RouteRequest, { host, declared, now }: KeyRoutesOptions) {
  const name = textIn(body, 'name') ?? '';
  const role = textIn(body, 'role') ?? '';
  const workspace = textIn(body, 'workspace');
  const seconds = numberIn(body, 'expires_in_s');
  const scopes = textsIn(body, 'scopes') ?? [];
  if (!isRole(role)) throw new CapstanError('CAPSTAN_INVALID_ARGUMENTS', `there is no role ${JSON.stringify(role)}`);
  const strange = scopes.find((scope) => !isScope(scope));
  if (strange !== undefined) {
    throw new CapstanError('CAPSTAN_INVALID_ARGUMENTS', `there is no scope ${JSON.stringify(strange)}`);
  }
  if (workspace !== undefined && !host.workspaces().includes(workspace)) {
    throw new CapstanError('CAPSTAN_WORKSPACE_NOT_FOUND', `no workspace ${JSON.stringify(workspace)}`);
  }
  if (declared.some((key) => key.name === name)) {
    throw new CapstanError('CAPSTAN_CONFLICT', `there is a key named ${name} already, in a file of the operator`, {
      hint: 'Choose another name: the audit knows keys by it.',
    });
  }
  return {
    name,
    role,
    scopes: scopes.filter(isScope),
    createdBy: caller.principal.id,
    ...(workspace === undefined ? {} : { workspace }),
    ...(seconds === undefined ? {} : { expiresAt: now() + seconds * 1_000 }),
  };
}

function revokeKey(registry: KeyRegistry, { host, declared, now }: KeyRoutesOptions): Route {
  return {
    method: 'delete',
    path: '/v1/keys/{id}',
    operationId: 'revokeKey',
    tag: 'administration',
    summary: 'Revoke an API key, by its id or name',
    description: 'It ends at once, on every replica, with the sessions that were made with it. Twice is no error.',
    access: 'admin',
    responses: { 200: component('Key') },
    errors: ['CAPSTAN_NOT_FOUND', 'CAPSTAN_CONFLICT', 'CAPSTAN_STORE_UNAVAILABLE'],
    handle: (request) => {
      const idOrName = request.path.id ?? '';
      return recorded(host, request, { act: 'key.revoke', target: idOrName }, async () => {
        if (declared.some(({ name }) => name === idOrName)) throw declaredElsewhere(idOrName);
        const known = (await registry.list()).find(({ id, name }) => id === idOrName || name === idOrName);
        return { status: 200, body: keyJson(await registry.revoke(known?.id ?? idOrName), now()) };
      });
    },
  };
}

function declaredElsewhere(name: string): CapstanError {
  return new CapstanError('CAPSTAN_CONFLICT', `the key ${name} stands in a file of the operator`, {
    hint: 'Take it out of "keys" in capstan.yaml (the bootstrap keys: out of the data folder), and start the server again.',
  });
}

function declaredJson({ name, role, workspace, expiresAt }: ServerKey): JsonObject {
  return {
    name,
    role,
    origin: 'file',
    state: 'active',
    ...(workspace === undefined ? {} : { workspace }),
    ...(expiresAt === undefined ? {} : { expires_at: isoTime(expiresAt) }),
  };
}

function keyJson(key: StoredKey, now: number): JsonObject {
  const { id, name, prefix, role, scopes, workspace, createdAt, createdBy, expiresAt, revokedAt, lastUsedAt } = key;
  const state =
    revokedAt !== undefined ? 'revoked' : expiresAt !== undefined && expiresAt <= now ? 'expired' : 'active';
  const times = { expires_at: expiresAt, revoked_at: revokedAt, last_used_at: lastUsedAt };
  return {
    id,
    name,
    prefix,
    role,
    scopes,
    origin: 'runtime',
    state,
    ...(workspace === undefined ? {} : { workspace }),
    created_at: isoTime(createdAt),
    created_by: createdBy,
    ...Object.fromEntries(
      Object.entries(times).flatMap(([field, at]) => (at === undefined ? [] : [[field, isoTime(at)]])),
    ),
  };
}
