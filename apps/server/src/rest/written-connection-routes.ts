import type { Host, WrittenConnectionView } from '@capstan/host';
import type { JsonObject } from '@capstan/sdk';
import { actorOf, IF_MATCH } from './act-as.ts';
import type { Route, RouteSchema } from './route.ts';
import { component } from './route-schemas.ts';
import { isoTime } from './wire-views.ts';

/** Connections that are written while the server runs. */
export function writtenConnectionRoutes(host: Host): readonly Route[] {
  return [create(host), show(host), change(host), remove(host)];
}

const ALL = '/v1/workspaces/{workspace}/connections';
const ONE = `${ALL}/{id}`;

const ERRORS = ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_CONFLICT', 'CAPSTAN_STORE_UNAVAILABLE'] as const;

const text = (description: string): RouteSchema => ({ type: 'string', description });

/** What a body may hold; the host checks it as it checks one of `capstan.yaml`, and tells every problem. */
const FIELDS: Readonly<Record<string, RouteSchema>> = {
  id: text('Unique in the host. Default: a fresh one.'),
  pack: text('The code of the pack whose tools use it.'),
  tool_type: text('The type of those tools, such as `line`.'),
  connection_type: { enum: ['remote', 'http', 'mcp', 'local'], description: 'Default `remote`.' },
  name: text('By which a call may name it. Default: the id.'),
  remote_cluster_url: text('Where the service is.'),
  remote_connection_id: text('The id of the account there.'),
  config: { type: 'object', description: 'The connection layer of the config of the pack.' },
  limits: { type: 'object', description: '`{ rate_limit, max_in_flight }`, as in `capstan.yaml`.' },
  auth: {
    type: 'object',
    description:
      '`{ type: none | bearer | api_key | basic | oauth2_client_credentials | oauth2_authorization_code, … }`, as in `capstan.yaml`.',
  },
};

const SECRETS =
  'Secrets are kept apart, encrypted, and never come back; `secrets` says where one is kept. A text such as `env:NAME` is a reference, and only to what `references.allow` of `capstan.yaml` lists.';

function create(host: Host): Route {
  return {
    method: 'post',
    path: ALL,
    operationId: 'createConnection',
    tag: 'administration',
    summary: 'Make a connection',
    description: SECRETS,
    access: 'operator',
    headers: IF_MATCH,
    body: {
      required: true,
      variants: [{ type: 'object', required: ['pack', 'tool_type'], properties: FIELDS }],
      example: {
        pack: 'line_pack',
        tool_type: 'line',
        name: 'main',
        remote_cluster_url: 'https://line.example.com',
        auth: { type: 'bearer', token: '…' },
      },
    },
    responses: { 200: component('WrittenConnection') },
    errors: ERRORS,
    handle: async (request) => {
      const { connections } = host.administration;
      return { status: 200, body: json(await connections.create(request.workspace, request.body, actorOf(request))) };
    },
  };
}

function show(host: Host): Route {
  return {
    method: 'get',
    path: ONE,
    operationId: 'showConnection',
    tag: 'administration',
    summary: 'A connection as it was written, without its secrets',
    access: 'operator',
    responses: { 200: component('WrittenConnection') },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_CONNECTION_NOT_FOUND', 'CAPSTAN_CONFLICT'],
    handle: ({ workspace, path }) => ({
      status: 200,
      body: json(host.administration.connections.written(workspace, path.id ?? '')),
    }),
  };
}

function change(host: Host): Route {
  return {
    method: 'patch',
    path: ONE,
    operationId: 'changeConnection',
    tag: 'administration',
    summary: 'Change a connection',
    description: `A JSON Merge Patch (RFC 7396): what it does not name stays, secrets too, and \`null\` takes away. With another \`auth.type\` the whole \`auth\` is new. Calls under way end as they began. ${SECRETS}`,
    access: 'operator',
    headers: IF_MATCH,
    body: {
      required: true,
      variants: [{ type: 'object' }],
      example: { remote_cluster_url: 'https://line-2.example.com', remote_connection_id: null },
    },
    responses: { 200: component('WrittenConnection') },
    errors: [...ERRORS, 'CAPSTAN_CONNECTION_NOT_FOUND'],
    handle: async (request) => {
      const { workspace, path, body } = request;
      const changed = await host.administration.connections.change(workspace, path.id ?? '', body, actorOf(request));
      return { status: 200, body: json(changed) };
    },
  };
}

function remove(host: Host): Route {
  return {
    method: 'delete',
    path: ONE,
    operationId: 'deleteConnection',
    tag: 'administration',
    summary: 'Delete a connection with its secrets and grants',
    access: 'operator',
    headers: IF_MATCH,
    responses: {
      200: {
        type: 'object',
        required: ['removed'],
        properties: { removed: { type: 'string' } },
        additionalProperties: false,
      },
    },
    errors: [...ERRORS, 'CAPSTAN_CONNECTION_NOT_FOUND'],
    handle: async (request) => {
      const { workspace, path } = request;
      const { id } = await host.administration.connections.remove(workspace, path.id ?? '', actorOf(request));
      return { status: 200, body: { removed: id } };
    },
  };
}

function json({ id, workspace, definition, secrets, setBy, setAt }: WrittenConnectionView): JsonObject {
  return { id, workspace, definition, secrets, set_by: setBy, set_at: isoTime(setAt) };
}
