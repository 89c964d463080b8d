import type { JsonObject } from '@capstan/sdk';
import {
  type JSONRPCRequest,
  ProtocolError,
  ProtocolErrorCode,
  type Result,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { answerFeature, bookOf, isFeatureMethod, ResourceSubscriptions } from './feature-requests.ts';
import type { McpCaller, McpGateway } from './gateway.ts';
import type { ParkedCalls } from './parked-calls.ts';
import type { TaskDesk } from './tasks/task-desk.ts';
import { answerToolCall } from './tool-call.ts';
import { toolPage } from './tool-listing.ts';
import { TASKS_EXTENSION } from './upstream/task-extension.ts';

/** What a server object is made of; shared by all server objects of one surface. */
export interface CatalogServerParts {
  readonly gateway: McpGateway;
  readonly implementation: { readonly name: string; readonly title: string; readonly version: string };
  readonly instructions: string | undefined;
  readonly pageSize: number;
  readonly parked: ParkedCalls<Result>;
  readonly tasks: TaskDesk;
  /** A defect of ours, or of the gateway. */
  readonly onError: (error: Error) => void;
  /** What the SDK reports: mostly requests that a client got wrong, and connections that broke off. */
  readonly onNotice: (error: Error) => void;
}

/**
 * A server object for one caller. Cheap: it holds no tools, they stay in the gateway's snapshot.
 *
 * `tools/list` and `tools/call` go through the fallback handler, not through `setRequestHandler`: the latter parses
 * every result again and drops what its schemas do not know, and a tool's content must go out as it is.
 */
export function createCatalogServer(parts: CatalogServerParts, caller: McpCaller, isModernHttp = false): Server {
  const upstreams = parts.gateway.upstreams?.list(caller) ?? [];
  const book = upstreams.length === 0 ? undefined : bookOf(upstreams);
  const instructions = [parts.instructions, book?.instructions()].filter((text) => text !== undefined).join('\n\n');
  const server = new Server(parts.implementation, {
    capabilities: {
      tools: { listChanged: true },
      ...(parts.gateway.storedResult === undefined ? {} : { resources: {} }),
      ...book?.capabilities(),
      ...(isModernHttp ? { extensions: { [TASKS_EXTENSION]: {} } } : {}),
    },
    debouncedNotificationMethods: CHANGES,
    ...(instructions === '' ? {} : { instructions }),
  });
  // The SDK would keep the level to itself.
  if (book !== undefined) server.removeRequestHandler('logging/setLevel');
  const subscriptions = new ResourceSubscriptions();
  subscriptionsOf.set(server, subscriptions);
  server.onerror = parts.onNotice;
  server.fallbackRequestHandler = (request, context) =>
    answer({ parts, caller, server, subscriptions }, request, context).catch((error: unknown) => {
      throw toProtocolError(error, parts.onError);
    });
  return server;
}

/** Tells the connected client of changes, until the connection closes. For connections that stay open. */
export function pushCatalogChanges(server: Server, parts: CatalogServerParts, caller: McpCaller): void {
  const stop = parts.gateway.onCatalogChanged(caller.workspace, () => {
    if (server.transport !== undefined) server.sendToolListChanged().catch(parts.onNotice);
  });
  const stopFeatures = pushFeatureChanges(server, parts, caller);
  const previous = server.onclose;
  server.onclose = () => {
    stop();
    stopFeatures();
    subscriptionsOf.get(server)?.close();
    previous?.();
  };
}

const CHANGES = [
  'notifications/tools/list_changed',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
];
const subscriptionsOf = new WeakMap<Server, ResourceSubscriptions>();

/** What MCP servers have beside tools, and the resources that this client subscribed to. */
function pushFeatureChanges(server: Server, parts: CatalogServerParts, caller: McpCaller): () => void {
  const { upstreams } = parts.gateway;
  if (upstreams === undefined) return () => undefined;
  const tell = (method: string, params?: Record<string, unknown>): void => {
    if (server.transport === undefined) return;
    server.notification({ method, ...(params === undefined ? {} : { params }) }).catch(parts.onNotice);
  };
  const stopOffers = upstreams.onOfferChanged(caller.workspace, () => {
    tell('notifications/prompts/list_changed');
    tell('notifications/resources/list_changed');
  });
  const stopUpdates = upstreams.onResourceUpdated(caller, (name, own) => {
    const uri = bookOf(upstreams.list(caller)).exposedUri(name, own);
    if (subscriptionsOf.get(server)?.uris.has(uri)) tell('notifications/resources/updated', { uri });
  });
  return () => {
    stopOffers();
    stopUpdates();
  };
}

async function answer(
  {
    parts,
    caller,
    server,
    subscriptions,
  }: { parts: CatalogServerParts; caller: McpCaller; server: Server; subscriptions: ResourceSubscriptions },
  request: JSONRPCRequest,
  context: ServerContext,
): Promise<Result> {
  const params = request.params ?? {};
  if (request.method === 'tools/call') return answerToolCall({ ...parts, server, caller }, params, context);
  if (isFeatureMethod(request.method)) {
    const { parked, onNotice, gateway } = parts;
    const environment = { gateway, caller, server, subscriptions, parked, onNotice };
    // Parsed JSON: the SDK types it no further.
    return answerFeature(environment, { method: request.method, params: params as JsonObject }, context);
  }
  if (request.method !== 'tools/list') throw new ProtocolError(ProtocolErrorCode.MethodNotFound, 'Method not found');
  const { cursor } = params;
  if (cursor !== undefined && typeof cursor !== 'string') {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'tools/list: cursor must be a string');
  }
  return { ...toolPage(await parts.gateway.listTools(caller), cursor, parts.pageSize) };
}

/** The message of an unexpected error is for the operator alone. */
function toProtocolError(error: unknown, onError: CatalogServerParts['onError']): ProtocolError {
  if (error instanceof ProtocolError) return error;
  onError(error instanceof Error ? error : new Error(String(error)));
  return new ProtocolError(ProtocolErrorCode.InternalError, 'Internal error');
}
