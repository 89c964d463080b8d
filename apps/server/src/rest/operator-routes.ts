import { toExplainJson } from '@capstan/config';
import type { Host } from '@capstan/host';
import { CapstanError } from '@capstan/sdk';
import { requireAccess, viewerOf } from '../auth/access.ts';
import { actorOf } from './act-as.ts';
import { textsIn } from './json-reader.ts';
import type { Route } from './route.ts';
import { component, page } from './route-schemas.ts';
import { connectionJson, packJson } from './wire-views.ts';

/** Packs, connections, circuits and stored results. */
export function operatorRoutes(host: Host): readonly Route[] {
  return [
    listPacks(host),
    enablePack(host),
    disablePack(host),
    explainConfig(host),
    listConnections(host),
    listCircuits(host),
    fetchResult(host),
  ];
}

function listPacks(host: Host): Route {
  return {
    method: 'get',
    path: '/v1/workspaces/{workspace}/packs',
    operationId: 'listPacks',
    tag: 'packs',
    summary: 'List the packs and their states',
    description: 'A viewer or agent sees the packs that are enabled in its workspace, an operator all that were found.',
    access: 'viewer',
    responses: { 200: page(component('Pack')) },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND'],
    handle: ({ workspace, caller }) => {
      const packs = host.packs(workspace).filter((pack) => pack.enabled || viewerOf(caller) === 'operator');
      return { status: 200, body: { items: packs.map((pack) => packJson(pack, viewerOf(caller))) } };
    },
  };
}

function enablePack(host: Host): Route {
  return {
    method: 'post',
    path: '/v1/workspaces/{workspace}/packs/{code}/enable',
    operationId: 'enablePack',
    tag: 'packs',
    summary: 'Enable a pack in a workspace',
    access: 'operator',
    body: {
      required: false,
      variants: [
        {
          type: 'object',
          properties: {
            environment: {
              type: 'array',
              maxItems: 1000,
              items: { type: 'string', minLength: 1, maxLength: 256 },
              description:
                'Variables of the host that the pack may read; only an admin gives them. `GET …/packs` shows which it would.',
            },
          },
          additionalProperties: false,
        },
      ],
      example: { environment: ['EXAMPLE_REMOTE_BASE_URL'] },
    },
    responses: { 200: component('Pack') },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_PACK_NOT_FOUND', 'CAPSTAN_CONFLICT', ...PACK_ERRORS],
    handle: async (request) => {
      const { workspace, path, body, caller } = request;
      const environment = textsIn(body, 'environment') ?? [];
      if (environment.length > 0) requireAccess(caller, 'admin');
      return {
        status: 200,
        body: packJson(
          await host.enablePack(path.code ?? '', workspace, { environment, actor: actorOf(request) }),
          'operator',
        ),
      };
    },
  };
}

const PACK_ERRORS = ['CAPSTAN_PACK_REJECTED', 'CAPSTAN_PACK_UNTRUSTED', 'CAPSTAN_REFERENCE_FORBIDDEN'] as const;

function disablePack(host: Host): Route {
  return {
    method: 'post',
    path: '/v1/workspaces/{workspace}/packs/{code}/disable',
    operationId: 'disablePack',
    tag: 'packs',
    summary: 'Disable a pack in a workspace',
    access: 'operator',
    responses: { 200: component('Pack') },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_PACK_NOT_FOUND', 'CAPSTAN_CONFLICT'],
    handle: async (request) => ({
      status: 200,
      body: packJson(
        await host.disablePack(request.path.code ?? '', request.workspace, { actor: actorOf(request) }),
        'operator',
      ),
    }),
  };
}

function explainConfig(host: Host): Route {
  return {
    method: 'get',
    path: '/v1/workspaces/{workspace}/packs/{code}/config',
    operationId: 'explainConfig',
    tag: 'packs',
    summary: 'The config of a pack, and why each key has its value',
    description: 'Secrets are masked. Without `explain` the keys come without the layers that lost.',
    access: 'operator',
    query: {
      explain: { description: 'Whether the layers that lost come along.', schema: { type: 'boolean' } },
      connection: {
        description: 'Id of a connection, for the config as its calls see it.',
        schema: { type: 'string', minLength: 1, maxLength: 500 },
      },
    },
    responses: { 200: component('ConfigExplanation') },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_PACK_NOT_FOUND', 'CAPSTAN_CONNECTION_NOT_FOUND'],
    handle: ({ workspace, path, query }) => {
      const connection = typeof query.connection === 'string' ? { connection: query.connection } : {};
      const explained = toExplainJson(host.explainConfig(path.code ?? '', { workspace, ...connection }));
      if (query.explain === true) return { status: 200, body: explained };
      const keys = explained.keys.map((key) => ({ ...key, overridden: [], ignored: [] }));
      return { status: 200, body: { ...explained, keys } };
    },
  };
}

function listConnections(host: Host): Route {
  return {
    method: 'get',
    path: '/v1/workspaces/{workspace}/connections',
    operationId: 'listConnections',
    tag: 'operations',
    summary: 'List the connections of a workspace',
    access: 'viewer',
    responses: { 200: page(component('Connection')) },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND'],
    handle: ({ workspace, caller }) => ({
      status: 200,
      body: { items: host.connections(workspace).map((one) => connectionJson(one, viewerOf(caller))) },
    }),
  };
}

function listCircuits(host: Host): Route {
  return {
    method: 'get',
    path: '/v1/workspaces/{workspace}/circuits',
    operationId: 'listCircuits',
    tag: 'operations',
    summary: 'List the circuit breakers of the host',
    description: 'One for each endpoint, whichever workspace uses it; so only for admins.',
    access: 'admin',
    responses: { 200: page(component('Circuit')) },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND'],
    handle: () => ({ status: 200, body: { items: host.circuits() } }),
  };
}

function fetchResult(host: Host): Route {
  return {
    method: 'get',
    path: '/v1/workspaces/{workspace}/results/{id}',
    operationId: 'fetchResult',
    tag: 'tools',
    summary: 'Fetch a large result',
    description:
      'A result over `results.max_inline_bytes` comes as a reference with a preview; this is all of it, for an hour or until newer ones need the room. Only for the workspace whose call gave it.',
    access: 'viewer',
    responses: { 200: { description: 'The JSON value that the tool gave.' } },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_NOT_FOUND'],
    handle: async ({ workspace, path }) => {
      const json = await host.storedResult(path.id ?? '', workspace);
      if (json === undefined) {
        throw new CapstanError('CAPSTAN_NOT_FOUND', 'there is no such result in this workspace, or no longer', {
          hint: 'Call the tool again, and fetch the result within the hour.',
        });
      }
      return { status: 200, body: undefined, json };
    },
  };
}
