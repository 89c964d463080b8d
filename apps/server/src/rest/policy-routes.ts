import type { Host, PolicyExplanation } from '@capstan/host';
import { isRole, type KeyStore, ROLES, type Role, rightsOf, type Scope } from '@capstan/identity';
import { CapstanError, type JsonObject, type Principal } from '@capstan/sdk';
import type { AuditLog } from '../audit/audit-log.ts';
import type { ServerKey } from '../auth/server-auth.ts';
import { replayAudit } from '../policy/replay-audit.ts';
import { numberIn, objectIn, objectsIn, textIn } from './json-reader.ts';
import type { Route } from './route.ts';
import { component } from './route-schemas.ts';

/** What the routes of policies work with. */
export interface PolicyRoutesOptions {
  readonly host: Host;
  readonly keyStore: KeyStore;
  readonly declared: readonly ServerKey[];
  /** Absent: nothing was recorded that a policy could be tried on. */
  readonly audit?: AuditLog;
  readonly now: () => number;
}

/** Why something is denied, and what another policy would change. */
export function policyRoutes(options: PolicyRoutesOptions): readonly Route[] {
  return [explain(options), ...(options.audit === undefined ? [] : [tryOut(options, options.audit)])];
}

function explain(options: PolicyRoutesOptions): Route {
  return {
    method: 'post',
    path: '/v1/workspaces/{workspace}/policy/explain',
    operationId: 'explainPolicy',
    tag: 'operations',
    summary: 'Say why a tool is allowed, denied or hidden, and which policies decide that',
    access: 'operator',
    body: {
      required: true,
      variants: [
        {
          type: 'object',
          required: ['as', 'tool'],
          properties: {
            as: { type: 'string', minLength: 1, maxLength: 256, description: 'The name of a key, or a role.' },
            tool: { type: 'string', minLength: 1, maxLength: 256 },
            arguments: { type: 'object', description: 'Absent: about a call of which nothing is known.' },
          },
          additionalProperties: false,
        },
      ],
      example: { as: 'agent', tool: 'line_send_message', arguments: { to: 'U1' } },
    },
    responses: { 200: component('PolicyExplanation') },
    errors: ['CAPSTAN_TOOL_NOT_FOUND', 'CAPSTAN_NOT_FOUND'],
    handle: async ({ workspace, body }) => {
      const principal = await principalOf(textIn(body, 'as') ?? '', options);
      const given = objectIn(body, 'arguments');
      const tool = textIn(body, 'tool') ?? '';
      const explanation = options.host.explainPolicy({
        principal,
        tool,
        workspace,
        ...(given === undefined ? {} : { arguments: given }),
      });
      return { status: 200, body: explanationJson(explanation, { principal, tool }) };
    },
  };
}

/** @throws CapstanError CAPSTAN_NOT_FOUND for what is neither a key nor a role */
async function principalOf(name: string, { declared, keyStore }: PolicyRoutesOptions): Promise<Principal> {
  const key = declared.find((one) => one.name === name) ?? (await keyStore.list()).find((one) => one.name === name);
  if (key !== undefined) return principalWith(`key:${name}`, key.role, key.scopes ?? []);
  if (isRole(name)) return principalWith(`user:any ${name}`, name, []);
  throw new CapstanError('CAPSTAN_NOT_FOUND', `no key and no role is called ${JSON.stringify(name)}`, {
    hint: `Name a key ("capstan key list") or a role: ${ROLES.join(', ')}.`,
  });
}

function principalWith(id: string, role: Role, scopes: readonly Scope[]): Principal {
  const { roles, permissions } = rightsOf(role, scopes);
  return { id, roles, permissions };
}

function explanationJson(
  { call, callable, isListed, places }: PolicyExplanation,
  { principal, tool }: { readonly principal: Principal; readonly tool: string },
): JsonObject {
  return {
    tool,
    principal: { id: principal.id, roles: principal.roles, permissions: principal.permissions },
    allowed: call.allow,
    ...(call.allow ? {} : { reason: call.reason }),
    ...(call.allow && call.approval !== undefined ? { approval: call.approval } : {}),
    callable,
    listed: isListed,
    policies: places.map((place) => ({ ...place })),
  };
}

const MAX_REPLAYED = 10_000;

function tryOut({ host, now }: PolicyRoutesOptions, log: AuditLog): Route {
  return {
    method: 'post',
    path: '/v1/policy/test',
    operationId: 'testPolicy',
    tag: 'operations',
    summary: 'Decide recorded calls by other policies, and show what would change',
    description:
      'Nothing is called and nothing is stored. Records have roles, but no permissions, and their secrets are redacted: calls are decided without permissions, and what a policy reads of a redacted argument counts as undecidable.',
    access: 'admin',
    body: {
      required: true,
      variants: [
        {
          type: 'object',
          required: ['policies'],
          properties: {
            policies: {
              type: 'array',
              maxItems: 200,
              items: {
                type: 'object',
                required: ['path', 'text'],
                properties: { path: { type: 'string' }, text: { type: 'string' }, workspace: { type: 'string' } },
                additionalProperties: false,
              },
            },
            limit: {
              type: 'integer',
              minimum: 1,
              maximum: MAX_REPLAYED,
              description: 'The newest so many calls. Default 1000.',
            },
          },
          additionalProperties: false,
        },
      ],
      example: { policies: [{ path: 'caps.cedar', text: 'forbid (principal, action, resource in Pack::"bank");' }] },
    },
    responses: { 200: component('PolicyTest') },
    errors: ['CAPSTAN_CONFIG_INVALID', 'CAPSTAN_STORE_UNAVAILABLE'],
    handle: async ({ body }) => {
      const sources = (objectsIn(body, 'policies') ?? []).map((source) => {
        const workspace = textIn(source, 'workspace');
        return {
          path: textIn(source, 'path') ?? '',
          text: textIn(source, 'text') ?? '',
          ...(workspace === undefined ? {} : { workspace }),
        };
      });
      const limit = numberIn(body, 'limit') ?? 1_000;
      return { status: 200, body: await replayAudit({ host, log, sources, limit, now }) };
    },
  };
}
