import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '@capstan/identity';
import {
  COMPACT_MODES,
  type CompactCaller,
  type CompactMode,
  handleReading,
  type McpHttp,
  readJsonBody,
} from '@capstan/mcp';
import { type CallOrigin, CapstanError, isCapstanError } from '@capstan/sdk';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasSeveralHosts } from '../http/http-server.ts';
import { parseJsonBody } from '../http/json-body.ts';

/** What the MCP routes need. */
export interface McpMountOptions {
  readonly mcp: McpHttp;
  /** The caller and workspace of a request. @throws CapstanError */
  readonly authorize: (request: FastifyRequest, workspace: string | undefined) => Promise<AuthorizedRequest>;
}

/** A request whose key and workspace were checked. */
export interface AuthorizedRequest {
  readonly caller: Caller;
  readonly workspace: string;
  readonly origin: CallOrigin;
}

const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;

/** Streamable HTTP at `/mcp` (workspace of the key) and `/w/{workspace}/mcp`. */
export function mountMcp(app: FastifyInstance, options: McpMountOptions): void {
  const authorize = (request: FastifyRequest): Promise<AuthorizedRequest> => {
    const { workspace } = request.params as { readonly workspace?: string };
    return options.authorize(request, workspace);
  };
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const caller = callerAt(await authorize(request), compactOf(request.query));
    reply.hijack();
    await options.mcp.handle({
      request: request.raw,
      response: reply.raw,
      caller,
      body: request.body,
    });
  };
  // Before the body is read.
  const onRequest = async (request: FastifyRequest): Promise<void> => void (await authorize(request));
  for (const url of ['/mcp', '/w/:workspace/mcp']) {
    app.route({ method: ['GET', 'POST', 'DELETE'], url, onRequest, handler, errorHandler });
  }
}

/** What stands before the framework needs. */
export interface McpFrontOptions {
  readonly mcp: McpHttp;
  /** The caller and workspace of a request, where both are known without waiting. A throw says no as well. */
  readonly admit: (request: IncomingMessage, workspace: string | undefined) => AuthorizedRequest | undefined;
  readonly bodyLimitBytes: number;
  readonly onError: (error: Error) => void;
}

/** Answers a request, or says false and leaves it untouched. */
export type HttpFront = (request: IncomingMessage, response: ServerResponse) => boolean;

const PATH = /^(?:\/mcp|\/w\/([a-z0-9][a-z0-9_-]*)\/mcp)(?:\?compact=(auto|on|off))?$/;

/**
 * Takes plain MCP requests before the framework does: routing, hooks and its request objects cost as much as a call.
 *
 * What is not plain (another path or method, a page's request, a body of unknown length), what is to be refused, and whose
 * credential has to be looked up first is left to the framework, so that there is one place that refuses.
 */
export function createMcpFront({ mcp, admit, bodyLimitBytes, onError }: McpFrontOptions): HttpFront {
  const reader = { limitBytes: bodyLimitBytes, parse: parseJsonBody };
  return (request, response) => {
    const path = isPlain(request, bodyLimitBytes) && !hasSeveralHosts(request) ? PATH.exec(request.url ?? '') : null;
    const admitted = path === null ? undefined : admission(admit, request, path[1]);
    if (admitted === undefined) return false;
    const caller = callerAt(admitted, compactOf({ compact: path?.[2] }));
    const exchange = { request, response, caller };
    readJsonBody(request, reader, (reading) => {
      handleReading(mcp, exchange, reading).catch((error: unknown) => {
        onError(error instanceof Error ? error : new Error(String(error)));
        response.destroy();
      });
    });
    return true;
  };
}

/** The caller, and how its endpoint lists tools where its URL says so (`?compact=on|off|auto`). */
function callerAt({ workspace, caller, origin }: AuthorizedRequest, compact: CompactMode | undefined): CompactCaller {
  const known = { workspace, principal: caller.principal, origin };
  return compact === undefined ? known : { ...known, compact };
}

/** @throws CapstanError CAPSTAN_INVALID_ARGUMENTS for a word that means nothing */
function compactOf(query: unknown): CompactMode | undefined {
  const compact: unknown =
    typeof query === 'object' && query !== null && 'compact' in query ? query.compact : undefined;
  const mode = COMPACT_MODES.find((known) => known === compact);
  if (compact === undefined || mode !== undefined) return mode;
  throw new CapstanError('CAPSTAN_INVALID_ARGUMENTS', `compact is one of ${COMPACT_MODES.join(', ')}`);
}

function admission(
  admit: McpFrontOptions['admit'],
  request: IncomingMessage,
  workspace: string | undefined,
): AuthorizedRequest | undefined {
  try {
    return admit(request, workspace);
  } catch {
    // The framework comes to the same refusal, and answers it.
    return undefined;
  }
}

function isPlain({ method, headers }: IncomingMessage, limitBytes: number): boolean {
  const length = headers['content-length'];
  return (
    method === 'POST' &&
    headers.origin === undefined &&
    headers.expect === undefined &&
    headers['content-type'] === 'application/json' &&
    headers['content-encoding'] === undefined &&
    length !== undefined &&
    Number(length) <= limitBytes
  );
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
