import { callerInfo, type McpHttp } from '@capstan/mcp';
import { isCapstanError } from '@capstan/sdk';
import { type NodeMcpRequestHandler, toNodeHandler } from '@modelcontextprotocol/node';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../auth/key-ring.ts';

/** What the MCP routes need. */
export interface McpMountOptions {
  readonly mcp: McpHttp;
  /** The caller and workspace of a request. @throws CapstanError */
  readonly authorize: (request: FastifyRequest, workspace: string | undefined) => AuthorizedRequest;
  readonly onError: (error: Error) => void;
}

/** A request whose key and workspace were checked. */
export interface AuthorizedRequest {
  readonly caller: Caller;
  readonly workspace: string;
}

const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;

/** Streamable HTTP at `/mcp` (workspace of the key) and `/w/{workspace}/mcp`. */
export function mountMcp(app: FastifyInstance, options: McpMountOptions): void {
  const handle = toNodeHandler(options.mcp, { onerror: options.onError });
  const authorize = (request: FastifyRequest): AuthorizedRequest => {
    const { workspace } = request.params as { readonly workspace?: string };
    return options.authorize(request, workspace);
  };
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const authorized = authorize(request);
    const auth = callerInfo({ workspace: authorized.workspace, principal: authorized.caller.principal });
    reply.hijack();
    await handle(withAuth(request.raw, auth), flushing(reply.raw), request.body);
  };
  // Before the body is read.
  const onRequest = async (request: FastifyRequest): Promise<void> => void authorize(request);
  for (const url of ['/mcp', '/w/:workspace/mcp']) {
    app.route({ method: ['GET', 'POST', 'DELETE'], url, onRequest, handler, errorHandler });
  }
}

/** Node types what may be absent as `undefined`; the adapter reads both the same way. */
function withAuth(
  request: FastifyRequest['raw'],
  auth: ReturnType<typeof callerInfo>,
): Parameters<NodeMcpRequestHandler>[0] {
  return Object.assign(request, { auth }) as Parameters<NodeMcpRequestHandler>[0];
}

/** The head of a stream goes out at once: a client that waits for notices must learn that it is connected. */
function flushing(response: FastifyReply['raw']): Parameters<NodeMcpRequestHandler>[1] {
  return {
    writeHead: (status, headers) => {
      response.writeHead(status, headers);
      if (headers?.['content-type']?.startsWith('text/event-stream')) response.flushHeaders();
    },
    write: (chunk) => response.write(chunk),
    end: (chunk) => response.end(chunk),
    on: (event, listener) => response.on(event, listener),
    get destroyed() {
      return response.destroyed;
    },
  };
}

/** A client of MCP reads JSON-RPC: a body that cannot be read is answered in its words. */
function errorHandler(error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  if (isCapstanError(error) && error.code === 'CAPSTAN_INVALID_REQUEST') {
    void reply.code(400).send(rpcError(PARSE_ERROR, `Parse error: ${error.message}`));
    return;
  }
  if (error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    void reply.code(413).send(rpcError(INVALID_REQUEST, 'The request is too large'));
    return;
  }
  throw error;
}

function rpcError(code: number, message: string) {
  return { jsonrpc: '2.0', error: { code, message }, id: null };
}
