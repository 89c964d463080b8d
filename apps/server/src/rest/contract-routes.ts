import type { ContractDifference, Host } from '@capstan/host';
import type { JsonObject } from '@capstan/sdk';
import { actorOf } from './act-as.ts';
import { textIn } from './json-reader.ts';
import type { Route } from './route.ts';
import { component, page } from './route-schemas.ts';

/** Tools whose definition is not the one that was accepted. */
export function contractRoutes(host: Host): readonly Route[] {
  return [listChanged(host), showDifference(host), accept(host)];
}

const ONE = '/v1/workspaces/{workspace}/tools/{name}/contract';

function listChanged(host: Host): Route {
  return {
    method: 'get',
    path: '/v1/workspaces/{workspace}/changed-tools',
    operationId: 'listChangedTools',
    tag: 'operations',
    summary: 'List the tools that changed, or are new, since their pack or server was accepted',
    access: 'operator',
    responses: { 200: page(component('ToolContract')) },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND'],
    handle: ({ workspace }) => ({
      status: 200,
      body: { items: host.contracts.list(workspace).map(differenceJson) },
    }),
  };
}

function showDifference(host: Host): Route {
  return {
    method: 'get',
    path: ONE,
    operationId: 'showToolContract',
    tag: 'operations',
    summary: 'How a tool differs from what was accepted of it',
    access: 'operator',
    responses: { 200: component('ToolContract') },
    errors: ['CAPSTAN_TOOL_NOT_FOUND'],
    handle: ({ workspace, path }) => ({
      status: 200,
      body: differenceJson(host.contracts.difference(path.name ?? '', workspace)),
    }),
  };
}

function accept(host: Host): Route {
  return {
    method: 'post',
    path: `${ONE}/accept`,
    operationId: 'acceptToolContract',
    tag: 'operations',
    summary: 'Accept a tool as it is now',
    access: 'operator',
    body: {
      required: false,
      variants: [
        {
          type: 'object',
          properties: {
            digest: {
              type: 'string',
              maxLength: 64,
              description: '`digest` of what was seen: refused when it changed again.',
            },
          },
          additionalProperties: false,
        },
      ],
      example: { digest: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
    },
    responses: { 200: component('ToolContract') },
    errors: ['CAPSTAN_TOOL_NOT_FOUND', 'CAPSTAN_CONFLICT', 'CAPSTAN_STORE_UNAVAILABLE'],
    handle: async (request) => {
      const actor = { ...actorOf(request), origin: request.origin };
      const digest = textIn(request.body, 'digest');
      const difference = await host.contracts.accept(request.path.name ?? '', request.workspace, actor, digest);
      return { status: 200, body: differenceJson(difference) };
    },
  };
}

function differenceJson({
  tool,
  name,
  kind,
  isBlocked,
  changes,
  before,
  after,
  digest,
}: ContractDifference): JsonObject {
  return {
    tool,
    name,
    kind,
    blocked: isBlocked,
    changes: changes.map((change) => ({ ...change })),
    ...(before === undefined ? {} : { before }),
    after,
    digest,
  };
}
