import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A TCP server of which a test decides every byte. */
export interface RawServer {
  readonly port: number;
  readonly url: string;
  /** What came in, one text per request; request bodies have a content-length here. */
  readonly requests: readonly string[];
  /** How many connections were accepted. */
  connections(): number;
  stop(): Promise<void>;
}

/** Starts a server; `respond` is called once per whole request. */
export async function rawServer(respond: (socket: Socket, request: string) => void): Promise<RawServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that cuts the connection is what many of these tests are about.
    socket.on('error', () => socket.destroy());
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const request = wholeRequest(text);
      if (request === undefined) return;
      text = text.slice(request.length);
      requests.push(request);
      respond(socket, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const stop = (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => {
      server.close(() => resolve());
    });
  };
  onTestFinished(stop);
  const { port } = address;
  return { port, url: `http://127.0.0.1:${port}`, requests, connections: () => connections, stop };
}

/** A whole answer with a body. */
export function httpAnswer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} X\r\n${lines.join('')}\r\n${body}`;
}

function wholeRequest(text: string): string | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const length = Number(/^content-length: (\d+)/im.exec(text.slice(0, end))?.[1] ?? 0);
  const total = end + 4 + length;
  return text.length < total ? undefined : text.slice(0, total);
}
