import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The server that the suite looks at, at an address of its own. */
export interface Subject {
  readonly url: string;
  stop(): Promise<void>;
}

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/** Serves on loopback, and nobody who came by a foreign name. */
export async function listen(
  serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  close: () => Promise<void> = async () => undefined,
): Promise<Subject> {
  const http = createServer((request, response) => {
    const { host = '', origin = `http://${host}` } = request.headers;
    if (LOOPBACK.test(host) && LOOPBACK.test(origin.replace(/^https?:\/\//, ''))) void serve(request, response);
    else response.writeHead(403).end();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    stop: async () => {
      await close();
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}
