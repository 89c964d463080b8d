import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

/** A server of the v1 SDK over Streamable HTTP, with sessions. */
export interface V1HttpServer {
  readonly url: string;
  readonly servers: ReadonlyMap<string, Server>;
  readonly requests: readonly { readonly method: string; readonly headers: IncomingHttpHeaders }[];
  /** Forgets every session, as a restart does. */
  forget(): void;
  stop(): Promise<void>;
  /** Listens again at the same port. */
  restart(): Promise<void>;
}

/** Starts it; `setUp` gives each session's server its handlers. */
export async function v1HttpServer(
  setUp: (server: Server) => void,
  options: { readonly capabilities?: object; readonly enableJsonResponse?: boolean } = {},
): Promise<V1HttpServer> {
  const servers = new Map<string, Server>();
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const requests: { method: string; headers: IncomingHttpHeaders }[] = [];
  const open = async (): Promise<StreamableHTTPServerTransport> => {
    const server = new Server({ name: 'v1', version: '1' }, { capabilities: { tools: {}, ...options.capabilities } });
    setUp(server);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      enableJsonResponse: options.enableJsonResponse ?? false,
      onsessioninitialized: (id) => {
        servers.set(id, server);
        transports.set(id, transport);
      },
      onsessionclosed: (id) => {
        servers.delete(id);
        transports.delete(id);
      },
    });
    await server.connect(transport as never);
    return transport;
  };
  const listen = (port: number) => {
    const http = createServer(async (request, response) => {
      requests.push({ method: request.method ?? '', headers: request.headers });
      const id = request.headers['mcp-session-id'];
      const known = typeof id === 'string' ? transports.get(id) : undefined;
      if (id !== undefined && known === undefined) {
        response.writeHead(404, { 'content-type': 'application/json' });
        response.end('{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}');
        return;
      }
      await (known ?? (await open())).handleRequest(request, response);
    });
    return new Promise<typeof http>((resolve) => http.listen(port, '127.0.0.1', () => resolve(http)));
  };
  let http = await listen(0);
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    servers,
    requests,
    forget() {
      servers.clear();
      transports.clear();
    },
    stop: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
    async restart() {
      servers.clear();
      transports.clear();
      http = await listen(port);
    },
  };
}
