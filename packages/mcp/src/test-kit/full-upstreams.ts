import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { onTestFinished } from 'vitest';
import { FULL_CAPABILITIES } from './full-offer.ts';
import { fullServer, setUpFullModernServer, setUpFullServer } from './full-server.ts';
import { v1HttpServer } from './v1-http-server.ts';
import { v2HttpServer } from './v2-http-server.ts';

/** The full server in every form that a source may have; each gives the address of a fresh one. */
export const FULL_UPSTREAMS: Readonly<Record<string, () => Promise<{ command: string; args: string[] } | string>>> = {
  'HTTP, 2026-07-28': async () => {
    const server = await v2HttpServer(setUpFullModernServer, FULL_CAPABILITIES);
    onTestFinished(() => server.stop());
    return server.url;
  },
  'HTTP, 2025-11-25': async () => {
    const server = await v1HttpServer(setUpFullServer, { capabilities: FULL_CAPABILITIES });
    onTestFinished(() => server.stop());
    return server.url;
  },
  'stdio, 2025-11-25': async () => ({
    command: process.execPath,
    args: [join(import.meta.dirname, 'full-stdio-server.ts')],
  }),
  'SSE, 2024-11-05': sseServer,
};

async function sseServer(): Promise<string> {
  const transports = new Map<string, SSEServerTransport>();
  const http = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'GET') {
      const transport = new SSEServerTransport('/messages', response);
      transports.set(transport.sessionId, transport);
      response.once('close', () => transports.delete(transport.sessionId));
      await fullServer().connect(transport);
      return;
    }
    const transport = transports.get(url.searchParams.get('sessionId') ?? '');
    if (url.pathname === '/messages' && transport !== undefined) await transport.handlePostMessage(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/sse`;
}
