import { createServer, type IncomingHttpHeaders } from 'node:http';
import { onTestFinished } from 'vitest';

/** A request as the service received it. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, raw. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What the service answers. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Objects are sent as JSON. */
  readonly body?: unknown;
}

/** A real HTTP service on the loopback. */
export interface LoopbackService {
  readonly url: string;
  readonly received: readonly ReceivedRequest[];
  /** The last request. */
  last(): ReceivedRequest;
}

/** Starts a service; it stops after the test. */
export async function loopbackService(
  respond: (request: ReceivedRequest, count: number) => Reply,
): Promise<LoopbackService> {
  const { service, stop } = await startService(respond);
  onTestFinished(stop);
  return service;
}

/** {@link loopbackService} for several tests: the caller stops it. */
export async function startService(
  respond: (request: ReceivedRequest, count: number) => Reply,
): Promise<{ readonly service: LoopbackService; readonly stop: () => Promise<void> }> {
  const received: ReceivedRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url: target = '', headers } = incoming;
      const request = { method, target, headers, body: Buffer.concat(chunks) };
      received.push(request);
      const reply = respond(request, received.length);
      const isRaw = typeof reply.body === 'string' || Buffer.isBuffer(reply.body) || reply.body === undefined;
      const type = isRaw ? {} : { 'content-type': 'application/json' };
      outgoing.writeHead(reply.status ?? 200, { ...type, ...reply.headers });
      outgoing.end(isRaw ? reply.body : JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const service = {
    url: `http://127.0.0.1:${address.port}`,
    received,
    last: () => {
      const request = received.at(-1);
      if (!request) throw new Error('nothing was received');
      return request;
    },
  };
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { service, stop };
}
