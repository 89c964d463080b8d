import { randomUUID } from 'node:crypto';
import {
  createMcpHandler,
  isInitializeRequest,
  isLegacyRequest,
  type McpHandlerRequestOptions,
  type McpHttpHandler,
} from '@modelcontextprotocol/server';
import { callerOf } from './caller-info.ts';
import type { McpCaller } from './gateway.ts';
import { type LegacySession, type LegacySessionLimits, LegacySessions } from './legacy-sessions.ts';
import { type McpServerOptions, resolveMcpServer } from './mcp-server-factory.ts';

/** What {@link createMcpHttp} takes beside the options of the server factory. */
export interface McpHttpOptions extends Omit<McpServerOptions, 'caller'> {
  /** Sessions of clients of 2025-11-25 and older. Default: 1,000 in all, 100 per caller, forgotten after 30 minutes. */
  readonly sessions?: Partial<LegacySessionLimits>;
  readonly now?: () => number;
  readonly newSessionId?: () => string;
}

/** MCP over HTTP for all workspaces, in the shape of a web-standard fetch handler. */
export interface McpHttp {
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
    const endpoint = { handler, stop };
    endpoints.set(workspace, endpoint);
    return endpoint;
  };
  return {
    fetch: async (request, given = {}) => {
      const caller = callerOf(given.authInfo);
      if (caller === undefined) return rpcError(401, -32_600, 'Unauthorized');
      const session = await sessionFor(sessions, { request, caller, body: given.parsedBody });
      if (session === 'unknown') return rpcError(404, -32_001, 'Session not found');
      if (session === undefined) return endpointOf(caller.workspace).handler.fetch(request, given);
      return withSession(session, request, given);
    },
    close: async () => {
      parts.parked.close();
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
    const watched = response.body.pipeThrough(new TransformStream({ flush: leave, cancel: leave }));
    return new Response(watched, { status: response.status, headers: response.headers });
  } catch (error) {
    leave();
    throw error;
  }
}

function rpcError(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });
}
