import type { Host, WorkspaceView } from '@capstan/host';
import { reaches } from '@capstan/identity';
import type { JsonObject } from '@capstan/sdk';
import { actorOf, IF_MATCH } from './act-as.ts';
import { textIn } from './json-reader.ts';
import type { Route } from './route.ts';
import { component, withRevision } from './route-schemas.ts';
import { isoTime } from './wire-views.ts';

/** Workspaces of a host. */
export function workspaceRoutes(host: Host): readonly Route[] {
  return [listWorkspaces(host), makeWorkspace(host), showWorkspace(host), deleteWorkspace(host)];
}

const ONE = '/v1/workspaces/{workspace}';

function listWorkspaces(host: Host): Route {
  return {
    method: 'get',
    path: '/v1/workspaces',
    operationId: 'listWorkspaces',
    tag: 'administration',
    summary: 'List the workspaces that the key reaches',
    access: 'operator',
    responses: { 200: withRevision(component('Workspace')) },
    errors: [],
    handle: ({ caller }) => {
      const { workspaces, revision } = host.administration;
      const items = workspaces.list().filter(({ id }) => reaches(caller, id));
      return { status: 200, body: { items: items.map(workspaceJson), revision } };
    },
  };
}

function makeWorkspace(host: Host): Route {
  return {
    method: 'post',
    path: '/v1/workspaces',
    operationId: 'makeWorkspace',
    tag: 'administration',
    summary: 'Make a workspace',
    access: 'admin',
    headers: IF_MATCH,
    body: {
      required: true,
      variants: [
        {
          type: 'object',
          required: ['id'],
          properties: {
            id: {
              type: 'string',
              maxLength: 63,
              description: 'Small letters, digits, `-` and `_`. It stands in URLs.',
            },
            name: { type: 'string', minLength: 1, maxLength: 200, description: 'For people. Default: the id.' },
          },
          additionalProperties: false,
        },
      ],
      example: { id: 'support', name: 'Support team' },
    },
    responses: { 200: component('Workspace') },
    errors: ['CAPSTAN_CONFLICT', 'CAPSTAN_STORE_UNAVAILABLE'],
    handle: async (request) => {
      const name = textIn(request.body, 'name');
      const input = { id: textIn(request.body, 'id') ?? '', ...(name === undefined ? {} : { name }) };
      return { status: 200, body: workspaceJson(await host.administration.workspaces.make(input, actorOf(request))) };
    },
  };
}

function showWorkspace(host: Host): Route {
  return {
    method: 'get',
    path: ONE,
    operationId: 'showWorkspace',
    tag: 'administration',
    summary: 'One workspace, with everything that would go with it',
    access: 'operator',
    responses: { 200: component('Workspace') },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND'],
    handle: ({ workspace }) => ({ status: 200, body: workspaceJson(host.administration.workspaces.view(workspace)) }),
  };
}

function deleteWorkspace(host: Host): Route {
  return {
    method: 'delete',
    path: ONE,
    operationId: 'deleteWorkspace',
    tag: 'administration',
    summary: 'Delete a workspace with everything in it',
    description:
      'Its connections, secrets, config, enabled packs, MCP servers and keys go with it; audit records stay. Calls under way end. Answers with what was there.',
    access: 'admin',
    headers: IF_MATCH,
    responses: { 200: component('Workspace') },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_CONFLICT', 'CAPSTAN_STORE_UNAVAILABLE'],
    handle: async (request) => ({
      status: 200,
      body: workspaceJson(await host.administration.workspaces.remove(request.workspace, actorOf(request))),
    }),
  };
}

function workspaceJson({ id, name, origin, packs, connections, settingCount, mcpServers }: WorkspaceView): JsonObject {
  return {
    id,
    name,
    origin: origin.kind === 'file' ? { ...origin } : { kind: origin.kind, by: origin.by, at: isoTime(origin.at) },
    packs,
    connections,
    setting_count: settingCount,
    mcp_servers: mcpServers,
  };
}
