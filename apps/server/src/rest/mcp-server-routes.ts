import type { Host, McpServerView } from '@capstan/host';
import { CapstanError, type JsonObject } from '@capstan/sdk';
import { BOOTSTRAP_ADMIN } from '../auth/bootstrap-server-keys.ts';
import { actorOf } from './act-as.ts';
import { objectIn, textIn } from './json-reader.ts';
import type { Route, RouteSchema } from './route.ts';
import { component, page } from './route-schemas.ts';
import { stateJson } from './wire-views.ts';

/** MCP servers as sources of tools. */
export function mcpServerRoutes(host: Host): readonly Route[] {
  return [listServers(host), addServer(host), removeServer(host)];
}

const PATH = '/v1/workspaces/{workspace}/mcp-servers';

const SERVER: RouteSchema = {
  type: 'object',
  required: ['name', 'workspace', 'origin', 'transport', 'state', 'tool_count', 'kept'],
  properties: {
    name: { type: 'string' },
    workspace: { type: 'string' },
    pack: { type: 'string', description: 'The pack that declares it.' },
    origin: { type: 'string', description: 'Its URL, or its command.' },
    transport: { enum: ['http', 'stdio'] },
    state: component('State'),
    tool_count: { type: 'integer' },
    kept: { type: 'boolean', description: 'Whether it was added to stay.' },
  },
  additionalProperties: false,
};

/** An MCP server on the wire. */
function mcpServerJson(view: McpServerView): JsonObject {
  const { name, workspace, pack, origin, transport, state, toolCount, isKept } = view;
  return {
    name,
    workspace,
    ...(pack === undefined ? {} : { pack }),
    origin,
    transport,
    state: stateJson(state) as JsonObject,
    tool_count: toolCount,
    kept: isKept,
  };
}

function listServers(host: Host): Route {
  return {
    method: 'get',
    path: PATH,
    operationId: 'listMcpServers',
    tag: 'operations',
    summary: 'List the MCP servers of a workspace and their states',
    access: 'operator',
    responses: { 200: page(SERVER) },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND'],
    handle: ({ workspace }) => ({ status: 200, body: { items: host.mcpServers(workspace).map(mcpServerJson) } }),
  };
}

function addServer(host: Host): Route {
  return {
    method: 'post',
    path: PATH,
    operationId: 'addMcpServer',
    tag: 'operations',
    summary: 'Add an MCP server to a workspace, to stay',
    description:
      'The server connects in the background. One with a `command` runs as a process of this host: only the bootstrap admin key, which lies in the data folder, may add it.',
    access: 'operator',
    body: {
      required: true,
      variants: [
        {
          type: 'object',
          required: ['name', 'server'],
          properties: {
            name: { type: 'string', minLength: 1, maxLength: 64 },
            server: {
              type: 'object',
              description:
                'As under `mcp_servers` of a manifest: `url` or `command`, and `args`, `env`, `headers`, `token`, `prefix`, `selected_tools`, `timeout`, `transport`, `share`, `trust_annotations`.',
            },
          },
          additionalProperties: false,
        },
      ],
      example: { name: 'docs', server: { url: 'https://mcp.example.com/mcp', prefix: 'docs_' } },
    },
    responses: { 200: SERVER },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_CONFLICT', 'CAPSTAN_FORBIDDEN'],
    handle: async (request) => {
      const { workspace, body, caller } = request;
      const server = objectIn(body, 'server') ?? {};
      if (server.command !== undefined && caller.principal.id !== `key:${BOOTSTRAP_ADMIN}`) throw commandRefused();
      const added = await host.addMcpServer({
        workspace,
        name: textIn(body, 'name') ?? '',
        server,
        actor: actorOf(request),
      });
      return { status: 200, body: mcpServerJson(added) };
    },
  };
}

function removeServer(host: Host): Route {
  return {
    method: 'delete',
    path: `${PATH}/{name}`,
    operationId: 'removeMcpServer',
    tag: 'operations',
    summary: 'Remove an MCP server that was added',
    access: 'operator',
    responses: { 200: { type: 'object', required: ['removed'], properties: { removed: { type: 'string' } } } },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_NOT_FOUND'],
    handle: async (request) => {
      const name = request.path.name ?? '';
      await host.removeMcpServer(name, request.workspace, { actor: actorOf(request) });
      return { status: 200, body: { removed: name } };
    },
  };
}

/** A key may be used from anywhere; whoever can read the data folder can run processes here anyway. */
function commandRefused(): CapstanError {
  return new CapstanError('CAPSTAN_FORBIDDEN', 'this key may not add an MCP server that runs as a process', {
    hint: 'Run "capstan mcp add" on the machine of the server, as the user who owns its data folder.',
  });
}
