import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  Server as LowLevelServer,
  type McpHttpHandler,
  type Server,
} from '@modelcontextprotocol/server';

/** A server of the v2 SDK that speaks 2026-07-28 alone. */
export interface V2HttpServer {
  readonly url: string;
  readonly handler: McpHttpHandler;
  stop(): Promise<void>;
}

/** Starts it; `setUp` gives each request's server its handlers. */
export async function v2HttpServer(setUp: (server: Server) => void, capabilities: object = {}): Promise<V2HttpServer> {
  const handler = createMcpHandler(
    () => {
      const server = new LowLevelServer({ name: 'v2', version: '1' }, { capabilities: { tools: {}, ...capabilities } });
      setUp(server);
      return server;
    },
    { legacy: 'reject' },
  );
  const handle = toNodeHandler(handler);
  const http = createServer((request, response) => {
    void handle(request as Parameters<typeof handle>[0], response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    handler,
    stop: async () => {
      await handler.close();
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}
