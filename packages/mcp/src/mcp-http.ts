import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createMcpHandler,
  isInitializeRequest,
  isLegacyRequest,
  type McpHandlerRequestOptions,
  type McpHttpHandler,
} from '@modelcontextprotocol/server';
import { callerInfo, callerOf } from './caller-info.ts';
import type { McpCaller } from './gateway.ts';
import { FastLane } from './lane/fast-lane.ts';
import { type LegacySession, type LegacySessionLimits, LegacySessions } from './legacy-sessions.ts';
import { listenedUris, listenTo } from './listened-resources.ts';
import { type McpServerOptions, resolveMcpServer } from './mcp-server-factory.ts';
import { toNodeFace } from './node-face.ts';
import { refusalOfHeaders } from './parameter-headers-check.ts';
import { answerTaskRequest, isTaskRequest } from './tasks/task-requests.ts';
import { withStatusOfUnknown } from './unknown-method.ts';

/** What {@link createMcpHttp} takes beside the options of the server factory. */
export interface McpHttpOptions extends Omit<McpServerOptions, 'caller'> {
  /** Sessions of clients of 2025-11-25 and older. Default: 1,000 in all, 100 per caller, forgotten after 30 minutes. */
  readonly sessions?: Partial<LegacySessionLimits>;
  readonly now?: () => number;
  readonly newSessionId?: () => string;
}

/** A request of `node:http` whose caller is known. */
export interface McpNodeExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: McpCaller;
  /** What the body says, already read; absent where there is none. */
  readonly body?: unknown;
}

/** MCP over HTTP for all workspaces. */
export interface McpHttp {
  /** Answers a request of `node:http`: the common ones by a lane of their own, the others by the SDK. */
  handle(exchange: McpNodeExchange): Promise<void>;
  /** `authInfo` must hold a caller (`callerInfo`): authentication is the job of whoever mounts this. */
  fetch(request: Request, options?: McpHandlerRequestOptions): Promise<Response>;
  /** Ends every stream and session, and cancels what is running. */
  close(): Promise<void>;
}

interface WorkspaceEndpoint {
  readonly handler: McpHttpHandler;
  readonly stop: () => void;
}

const SESSION_HEADER = 'mcp-session-id';

/**
 * Streamable HTTP, revisions 2026-07-28 and 2025-11-25 (and older by negotiation).
 *
 * Requests of 2026-07-28 hold no state. A client of an older revision gets a session when it initialises; a request
 * without one is served statelessly, since some clients lose the id.
 */
export function createMcpHttp(options: McpHttpOptions): McpHttp {
  const { factory, parts } = resolveMcpServer(options);
  const sessions = new LegacySessions({
    parts,
    limits: { total: 1000, perCaller: 100, idleMs: 30 * 60_000, ...options.sessions },
    now: options.now ?? Date.now,
    newId: options.newSessionId ?? randomUUID,
  });
  // One handler a workspace, so that a change in one is not told to the clients of another.
  const endpoints = new Map<string, WorkspaceEndpoint>();
  const endpointOf = (workspace: string): WorkspaceEndpoint => {
    const known = endpoints.get(workspace);
    if (known) return known;
    const handler = createMcpHandler(factory, { onerror: parts.onNotice });
    const stop = parts.gateway.onCatalogChanged(workspace, () => handler.notify.toolsChanged());
    const stopOffers = parts.gateway.upstreams?.onOfferChanged(workspace, () => {
      handler.notify.promptsChanged();
      handler.notify.resourcesChanged();
    });
    const endpoint = {
      handler,
      stop: () => {
        stop();
        stopOffers?.();
      },
    };
    endpoints.set(workspace, endpoint);
    return endpoint;
  };
  const fetchStateless: McpHttpHandler['fetch'] = async (request, given) => {
    const caller = callerOf(given?.authInfo);
    const body: unknown = given?.parsedBody;
    const answer = await endpointOf(caller?.workspace ?? '').handler.fetch(request, given);
    const response = await withStatusOfUnknown(answer, request, body);
    if (response.status !== 404 || caller === undefined || !isTaskRequest(body)) return response;
    return answerTaskRequest(parts, caller, { request, body });
  };
  const serve: McpHttp['fetch'] = async (request, given = {}) => {
    const caller = callerOf(given.authInfo);
    if (caller === undefined) return rpcError(401, -32_600, 'Unauthorized');
    const session = await sessionFor(sessions, { request, caller, body: given.parsedBody });
    if (session === 'unknown') return rpcError(404, -32_001, 'Session not found');
    if (session === undefined) {
      const refusal = await refusalOfHeaders(parts.gateway, caller, { request, body: given.parsedBody });
      if (refusal !== undefined) return refusal;
      const uris = listenedUris(given.parsedBody);
      if (uris.length === 0 || parts.gateway.upstreams === undefined) return fetchStateless(request, given);
      const { notify } = endpointOf(caller.workspace).handler;
      return listenTo({ upstreams: parts.gateway.upstreams, caller, uris, notify, request }, () =>
        fetchStateless(request, given),
      );
    }
    const cancelled = cancelledRequest(given.parsedBody);
    if (cancelled !== undefined) session.cancelCall(cancelled);
    return withSession(session, request, given);
  };
  const lane = new FastLane(parts, fetchStateless);
  const nodeFace = toNodeFace(serve, parts.onError);
  return {
    fetch: serve,
    handle: async ({ request, response, caller, body }) => {
      const id = request.headers[SESSION_HEADER];
      const session = typeof id === 'string' ? sessions.find(id, caller) : undefined;
      const isCertain = request.method === 'POST' && (id === undefined || session !== undefined);
      if (isCertain && lane.serve({ request, response, caller, body, session })) return;
      await nodeFace(request, response, { authInfo: callerInfo(caller), body });
    },
    close: async () => {
      lane.close();
      parts.parked.close();
      parts.tasks.close();
      for (const { stop } of endpoints.values()) stop();
      await Promise.all([sessions.close(), ...[...endpoints.values()].map(({ handler }) => handler.close())]);
    },
  };
}

async function sessionFor(
  sessions: LegacySessions,
  { request, caller, body }: { request: Request; caller: McpCaller; body: unknown },
): Promise<LegacySession | 'unknown' | undefined> {
  const id = request.headers.get(SESSION_HEADER);
  if (id !== null) {
    const session = sessions.find(id, caller);
    if (session !== undefined) return session;
    // Revision 2026-07-28 has no sessions: there the header means nothing.
    return (await isLegacyRequest(request, body)) ? 'unknown' : undefined;
  }
  return request.method === 'POST' && isInitializeRequest(body) ? sessions.open(caller) : undefined;
}

async function withSession(
  session: LegacySession,
  request: Request,
  options: McpHandlerRequestOptions,
): Promise<Response> {
  const leave = session.enter();
  try {
    const response = await session.transport.handleRequest(request, options);
    if (response.body === null) {
      leave();
      return response;
    }
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    // A stream that is silent hears of its reader's end by the signal alone; cancelled, it is free for the next one.
    response.body.pipeTo(writable, { signal: request.signal }).then(leave, leave);
    return new Response(readable, { status: response.status, headers: response.headers });
  } catch (error) {
    leave();
    throw error;
  }
}

/** The id of the request that a `notifications/cancelled` names. */
function cancelledRequest(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('method' in body)) return undefined;
  if (body.method !== 'notifications/cancelled' || !('params' in body)) return undefined;
  const { params } = body;
  return typeof params === 'object' && params !== null && 'requestId' in params ? params.requestId : undefined;
}

function rpcError(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });
}
