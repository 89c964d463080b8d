import type { IncomingMessage, ServerResponse } from 'node:http';
import type { McpCaller } from './gateway.ts';
import { type BodyReading, readJsonBody } from './json-body.ts';
import { createMcpHttp, type McpHttp, type McpHttpOptions } from './mcp-http.ts';

/** What {@link mountMcp} takes beside the options of the endpoint. */
export interface McpMountOptions extends McpHttpOptions {
  /** Who sends a request; undefined where nobody known does, which is answered with 401. */
  readonly authenticate: (request: IncomingMessage) => McpCaller | undefined | Promise<McpCaller | undefined>;
  /** Default 4 MiB. */
  readonly bodyLimitBytes?: number;
}

/** An endpoint in the form that `node:http`, Express, Connect and Fastify's raw objects take. */
export interface McpMount {
  /** `parsedBody`: what a body parser made of the body, where one was in front. */
  (request: IncomingMessage, response: ServerResponse, parsedBody?: unknown): void;
  /** Ends every stream and session, and cancels what is running. */
  close(): Promise<void>;
}

const DEFAULT_LIMIT_BYTES = 4 * 1024 * 1024;
const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;

/**
 * An MCP endpoint for anybody's HTTP server.
 *
 * ```ts
 * const mcp = mountMcp({ gateway, version: '1.0.0', authenticate: (request) => callerOf(request.headers.authorization) });
 * http.createServer(mcp);
 * fastify.all('/mcp', (request, reply) => { reply.hijack(); mcp(request.raw, reply.raw, request.body); });
 * ```
 *
 * Whoever mounts it keeps foreign web pages out: it does not know under which names it is reached (`Host`, `Origin`).
 */
export function mountMcp(options: McpMountOptions): McpMount {
  const mcp = createMcpHttp(options);
  const limitBytes = options.bodyLimitBytes ?? DEFAULT_LIMIT_BYTES;
  const serve = async (request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> => {
    const caller = await options.authenticate(request);
    if (caller === undefined) return refuse(response, 401, INVALID_REQUEST, 'Unauthorized');
    if (body !== undefined || request.method !== 'POST') return mcp.handle({ request, response, caller, body });
    const reading = await new Promise<BodyReading>((resolve) =>
      readJsonBody(request, { limitBytes, parse: JSON.parse }, resolve),
    );
    return handleReading(mcp, { request, response, caller }, reading);
  };
  const handler = (request: IncomingMessage, response: ServerResponse, body?: unknown): void => {
    // Express hands its `next` in the third place.
    serve(request, response, typeof body === 'function' ? undefined : body).catch((error: unknown) => {
      options.onError?.(error instanceof Error ? error : new Error(String(error)));
      if (!response.headersSent) refuse(response, 500, -32_603, 'Internal error');
      else response.destroy();
    });
  };
  return Object.assign(handler, { close: () => mcp.close() });
}

/** Answers an exchange whose body was read here, or says in the client's words why it could not be. */
export function handleReading(
  mcp: McpHttp,
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly caller: McpCaller },
  reading: BodyReading,
): Promise<void> {
  switch (reading.kind) {
    case 'read':
      return mcp.handle({ ...exchange, body: reading.body });
    case 'too_large':
      return Promise.resolve(refuse(exchange.response, 413, INVALID_REQUEST, 'The request is too large'));
    case 'malformed':
      return Promise.resolve(refuse(exchange.response, 400, PARSE_ERROR, `Parse error: ${reading.message}`));
    case 'broken_off':
      return Promise.resolve();
  }
}

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  const body = JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null });
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    // What is left of a body that was refused would be read as the next request.
    ...(status === 413 || status === 401 ? { connection: 'close' } : {}),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  });
  response.end(body);
}
