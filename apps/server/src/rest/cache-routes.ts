import type { CacheView, Host } from '@capstan/host';
import type { JsonObject } from '@capstan/sdk';
import { objectIn, textIn } from './json-reader.ts';
import type { Route, RouteSchema } from './route.ts';
import { isoTime } from './wire-views.ts';

/** Results that are kept. */
export function cacheRoutes(host: Host): readonly Route[] {
  return [showCache(host), clearCache(host)];
}

const COUNT: RouteSchema = { type: 'integer' };
const TEXT: RouteSchema = { type: 'string' };
const TIME: RouteSchema = { type: 'string', format: 'date-time' };

const COUNTS: RouteSchema = {
  type: 'object',
  required: ['hits', 'stale', 'shared', 'misses', 'evictions', 'errors'],
  properties: { hits: COUNT, stale: COUNT, shared: COUNT, misses: COUNT, evictions: COUNT, errors: COUNT },
  additionalProperties: false,
};

const ENTRY_PROPERTIES: Readonly<Record<string, RouteSchema>> = {
  id: TEXT,
  tool: TEXT,
  connection: TEXT,
  tags: { type: 'array', items: TEXT },
  bytes: COUNT,
  hits: COUNT,
  stored_at: TIME,
  last_access_at: TIME,
  fresh_until: TIME,
};

const CACHE_PROPERTIES: Readonly<Record<string, RouteSchema>> = {
  entries: { ...COUNT, description: 'In the memory of this replica, of all workspaces.' },
  bytes: COUNT,
  tools: {
    type: 'object',
    additionalProperties: COUNTS,
    description: 'By tool id of this workspace, since the start.',
  },
  items: {
    type: 'array',
    description: 'The entries of the workspace, those used last first; at most 1,000.',
    items: {
      type: 'object',
      required: Object.keys(ENTRY_PROPERTIES),
      properties: ENTRY_PROPERTIES,
      additionalProperties: false,
    },
  },
};

const MAX_ITEMS = 1_000;

function showCache(host: Host): Route {
  return {
    method: 'get',
    path: '/v1/workspaces/{workspace}/cache',
    operationId: 'showCache',
    tag: 'operations',
    summary: 'The results that are kept, and how they are used',
    description: 'Of this replica; tools and entries of this workspace alone.',
    access: 'operator',
    responses: {
      200: {
        type: 'object',
        required: Object.keys(CACHE_PROPERTIES),
        properties: CACHE_PROPERTIES,
        additionalProperties: false,
      },
    },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND'],
    handle: ({ workspace }) => ({ status: 200, body: cacheJson(host.cacheView(workspace)) }),
  };
}

/** The cache as it stands on the wire. */
export function cacheJson({ entries, bytes, tools, workspaceEntries }: CacheView): JsonObject {
  return {
    entries,
    bytes,
    tools: Object.fromEntries(Object.entries(tools).map(([tool, counts]) => [tool, { ...counts }])),
    items: workspaceEntries.slice(0, MAX_ITEMS).map((entry) => ({
      id: entry.id,
      tool: entry.tool,
      connection: entry.connection,
      tags: entry.tags,
      bytes: entry.bytes,
      hits: entry.hits,
      stored_at: isoTime(entry.storedAt),
      last_access_at: isoTime(entry.lastAccessAt),
      fresh_until: isoTime(entry.freshUntil),
    })),
  };
}

function clearCache(host: Host): Route {
  return {
    method: 'post',
    path: '/v1/workspaces/{workspace}/cache/clear',
    operationId: 'clearCache',
    tag: 'operations',
    summary: 'Forget results that are kept',
    description:
      'Of a tool, of exactly these arguments of it, of a connection, or of a tag; without any of them all of the workspace. On every replica.',
    access: 'operator',
    body: {
      required: false,
      variants: [
        {
          type: 'object',
          properties: {
            tool: { type: 'string', minLength: 1, maxLength: 256, description: 'Exposed name, tool id or alias.' },
            arguments: { type: 'object', description: 'Exactly these arguments of the tool.' },
            connection: { type: 'string', minLength: 1, maxLength: 256, description: 'Its id.' },
            tag: { type: 'string', minLength: 1, maxLength: 256 },
          },
          dependentRequired: { arguments: ['tool'] },
          additionalProperties: false,
        },
      ],
      example: { tool: 'stock_price' },
    },
    responses: {
      200: {
        type: 'object',
        required: ['cleared', 'shared'],
        properties: {
          cleared: { type: 'integer', description: 'Entries in the memory of this replica.' },
          shared: {
            type: 'boolean',
            description: 'False where Redis did not answer, so that other replicas still have them.',
          },
        },
        additionalProperties: false,
      },
    },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND'],
    handle: async ({ workspace, body, caller, origin }) => {
      const what = clearOptions(body);
      const { cleared, isShared } = await host.clearCache({ ...what, workspace });
      const { tool, connection, tag } = what;
      await host.audit({
        act: 'cache.clear',
        target: tool ?? connection ?? tag ?? workspace,
        principal: caller.principal,
        surface: 'rest',
        origin,
        workspace,
        details: { ...(tag === undefined ? {} : { tag }), cleared },
      });
      return { status: 200, body: { cleared, shared: isShared } };
    },
  };
}

function clearOptions(body: JsonObject) {
  const [tool, connection, tag] = [textIn(body, 'tool'), textIn(body, 'connection'), textIn(body, 'tag')];
  const given = objectIn(body, 'arguments');
  return {
    ...(tool === undefined ? {} : { tool }),
    ...(connection === undefined ? {} : { connection }),
    ...(tag === undefined ? {} : { tag }),
    ...(given === undefined ? {} : { arguments: given }),
  };
}
