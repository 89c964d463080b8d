import { EXPORT_FORMATS, exportTools, isExportFormat } from '@capstan/catalog';
import type { Host } from '@capstan/host';
import { CapstanError } from '@capstan/sdk';
import { viewerOf } from '../auth/access.ts';
import type { Route } from './route.ts';
import { component, page } from './route-schemas.ts';
import { toolDetail, toolSchemas, toolSummary } from './wire-views.ts';

/** Finding tools. */
export function toolRoutes(host: Host): readonly Route[] {
  return [listTools(host), describeTool(host)];
}

function listTools(host: Host): Route {
  return {
    method: 'get',
    path: '/v1/workspaces/{workspace}/tools',
    operationId: 'listTools',
    tag: 'tools',
    summary: 'List or search the tools of a workspace',
    access: 'viewer',
    query: {
      search: {
        description: 'Words to look for; the best match comes first.',
        schema: { type: 'string', maxLength: 500 },
      },
      limit: { description: 'Default 100.', schema: { type: 'integer', minimum: 1, maximum: 1000 } },
      cursor: { description: '`next_cursor` of the page before.', schema: { type: 'string', maxLength: 1000 } },
      schemas: { description: 'Whether each tool comes with its schemas.', schema: { type: 'boolean' } },
      format: {
        description: 'Definitions for another framework, under `tools`; what cannot run here is left out.',
        schema: { type: 'string', enum: [...EXPORT_FORMATS] },
      },
    },
    responses: { 200: { anyOf: [page(component('Tool')), component('ExportedTools')] } },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND'],
    handle: ({ workspace, caller, query }) => {
      const { items, nextCursor } = host.listTools({
        workspace,
        principal: caller.principal,
        ...(typeof query.search === 'string' ? { search: query.search } : {}),
        ...(typeof query.cursor === 'string' ? { cursor: query.cursor } : {}),
        ...(typeof query.limit === 'number' ? { limit: query.limit } : {}),
      });
      const next = nextCursor === undefined ? {} : { next_cursor: nextCursor };
      if (typeof query.format === 'string' && isExportFormat(query.format)) {
        const runnable = items.filter(({ state }) => state.kind !== 'unsupported');
        return { status: 200, body: { format: query.format, tools: exportTools(runnable, query.format), ...next } };
      }
      const shown = items.map((tool) => ({
        ...toolSummary(tool),
        ...(query.schemas === true ? toolSchemas(tool) : {}),
      }));
      return { status: 200, body: { items: shown, ...next } };
    },
  };
}

function describeTool(host: Host): Route {
  return {
    method: 'get',
    path: '/v1/workspaces/{workspace}/tools/{tool}',
    operationId: 'describeTool',
    tag: 'tools',
    summary: 'Everything about a tool',
    description: 'Definition, schemas, state, effective policy and the connections it may use.',
    access: 'viewer',
    responses: { 200: component('ToolDetail') },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_TOOL_NOT_FOUND'],
    handle: ({ workspace, caller, path }) => {
      const name = path.tool ?? '';
      const view = host.findTool(name, { workspace, principal: caller.principal });
      if (view === undefined) throw new CapstanError('CAPSTAN_TOOL_NOT_FOUND', `no tool ${JSON.stringify(name)} here`);
      return { status: 200, body: toolDetail(view, host.connections(workspace), viewerOf(caller)) };
    },
  };
}
