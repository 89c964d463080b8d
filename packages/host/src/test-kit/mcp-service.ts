import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';
import { onTestFinished } from 'vitest';

/** An MCP server on the loopback, closed after the test. */
export interface McpService {
  readonly url: string;
  /** Headers of the requests that it got. */
  readonly authorizations: readonly (string | undefined)[];
  stop(): Promise<void>;
  /** Listens again, at the same port. */
  restart(): Promise<void>;
}

/**
 * A server whose tools answer with their name and arguments; the tool `fails` fails, `breaks` is a protocol error, and
 * `waits` answers when `onWait` resolves.
 */
export async function mcpService(
  tools: readonly string[] = ['echo', 'fails', 'breaks'],
  onWait: () => Promise<void> = () => Promise.resolve(),
): Promise<McpService> {
  const authorizations: (string | undefined)[] = [];
  const handler = createMcpHandler(() => serverOf(tools, onWait));
  const handle = toNodeHandler(handler);
  const listen = async (port: number): Promise<HttpServer> => {
    const http = createServer((request, response) => {
      authorizations.push(request.headers.authorization);
      void handle(request as Parameters<typeof handle>[0], response);
    });
    await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
    return http;
  };
  let http = await listen(0);
  const { port } = http.address() as AddressInfo;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      http.close(() => resolve());
      http.closeAllConnections();
    });
  onTestFinished(async () => {
    await handler.close();
    await stop();
  });
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    authorizations,
    stop,
    async restart() {
      http = await listen(port);
    },
  };
}

function serverOf(tools: readonly string[], onWait: () => Promise<void>): Server {
  const server = new Server({ name: 'service', version: '3.2.1' }, { capabilities: { tools: { listChanged: true } } });
  server.setRequestHandler('tools/list', () => ({
    tools: tools.map((name) => ({
      name,
      description: `Does ${name}`,
      inputSchema: { type: 'object', properties: { a: { type: 'string' } } },
      annotations: { readOnlyHint: true },
    })),
  }));
  server.setRequestHandler('tools/call', async ({ params }) => {
    if (params.name === 'waits') await onWait();
    if (params.name === 'breaks') throw Object.assign(new Error('broken'), { code: -32_050, data: { why: 'x' } });
    return {
      content: [{ type: 'text', text: params.name }],
      structuredContent: { name: params.name, arguments: params.arguments },
      isError: params.name === 'fails',
    };
  });
  return server;
}
