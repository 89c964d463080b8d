import type { Host } from '@capstan/host';
import { CapstanError, type JsonObject } from '@capstan/sdk';
import type { SecretVault, SecretView } from '@capstan/store';
import { textIn } from './json-reader.ts';
import { recorded } from './recorded-act.ts';
import type { Route, RouteSchema } from './route.ts';
import { page } from './route-schemas.ts';
import { isoTime } from './wire-views.ts';

/** The secrets that a server keeps: they are written through what they belong to, and read by nobody. */
export function secretRoutes(host: Host, vault: SecretVault): readonly Route[] {
  return [listSecrets(vault), rotateSecrets(host, vault)];
}

const SECRET: RouteSchema = {
  type: 'object',
  required: ['name', 'kept', 'set_by', 'set_at'],
  properties: {
    name: { type: 'string', description: 'What it belongs to, such as `connection/con_…/auth/token`.' },
    workspace: { type: 'string', description: 'Absent: it belongs to the whole host.' },
    kept: { enum: ['here', 'elsewhere'], description: '`elsewhere`: in another store of secrets.' },
    set_by: { type: 'string' },
    set_at: { type: 'string', format: 'date-time' },
  },
  additionalProperties: false,
};

function listSecrets(vault: SecretVault): Route {
  return {
    method: 'get',
    path: '/v1/secrets',
    operationId: 'listSecrets',
    tag: 'administration',
    summary: 'List the secrets that are kept, without their values',
    access: 'admin',
    query: {
      workspace: {
        description: 'Only of this workspace.',
        schema: { type: 'string', minLength: 1, maxLength: 128 },
      },
    },
    responses: { 200: page(SECRET) },
    errors: ['CAPSTAN_STORE_UNAVAILABLE'],
    handle: async ({ query }) => {
      const { workspace } = query;
      const secrets = await vault.list(typeof workspace === 'string' ? { workspace } : {});
      return { status: 200, body: { items: secrets.map(secretJson) } };
    },
  };
}

function rotateSecrets(host: Host, vault: SecretVault): Route {
  return {
    method: 'post',
    path: '/v1/secrets/rotate',
    operationId: 'rotateSecrets',
    tag: 'administration',
    summary: 'Encrypt the secrets of a workspace anew, under a new data key',
    description:
      'Nothing stops meanwhile. The master key is changed by starting with another one; see docs/operations.md.',
    access: 'admin',
    body: {
      required: false,
      variants: [
        {
          type: 'object',
          properties: {
            workspace: {
              type: 'string',
              minLength: 1,
              maxLength: 128,
              description: 'Default: those of the whole host.',
            },
          },
          additionalProperties: false,
        },
      ],
      example: { workspace: 'support' },
    },
    responses: {
      200: {
        type: 'object',
        required: ['secrets'],
        properties: { secrets: { type: 'integer', description: 'How many were encrypted anew.' } },
        additionalProperties: false,
      },
    },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_STORE_UNAVAILABLE'],
    handle: (request) => {
      const workspace = textIn(request.body, 'workspace');
      const target = workspace ?? 'host';
      return recorded(host, request, { act: 'secret.rotate', target }, async () => {
        if (workspace !== undefined && !host.workspaces().includes(workspace)) throw unknownWorkspace(workspace);
        return { status: 200, body: { secrets: await vault.rotateDataKey(workspace) } };
      });
    },
  };
}

function secretJson({ name, workspace, kind, setBy, setAt }: SecretView): JsonObject {
  return {
    name,
    ...(workspace === undefined ? {} : { workspace }),
    kept: kind === 'encrypted' ? 'here' : 'elsewhere',
    set_by: setBy,
    set_at: isoTime(setAt),
  };
}

function unknownWorkspace(name: string): CapstanError {
  return new CapstanError('CAPSTAN_WORKSPACE_NOT_FOUND', `no workspace '${name}'`);
}
