import { CAPSTAN_VERSION, type Host } from '@capstan/host';
import { type McpMount, type McpMountOptions, mountMcp } from '@capstan/mcp';
import { createHostGateway } from './host-gateway.ts';

/** What {@link mcpHandler} takes. */
export interface McpHandlerOptions extends Omit<McpMountOptions, 'gateway' | 'version'> {
  /** Shown to clients. Default: Capstan's own. */
  readonly version?: string;
}

/**
 * A host's MCP endpoint for the HTTP server of an application, with the application's own way to know its callers.
 *
 * ```ts
 * const mcp = mcpHandler(host, { authenticate: (request) => callerOf(request.headers.authorization) });
 * createServer((request, response) => mcp(request, response));
 * app.all('/mcp', (request, reply) => { reply.hijack(); mcp(request.raw, reply.raw, request.body); });
 * ```
 *
 * The host stays the application's. Whoever mounts it keeps foreign web pages out (`Host`, `Origin`).
 */
export function mcpHandler(host: Host, options: McpHandlerOptions): McpMount {
  return mountMcp({ version: CAPSTAN_VERSION, ...options, gateway: createHostGateway(host) });
}
