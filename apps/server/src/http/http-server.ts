import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';

/** Bounds of what one peer may hold open. In ms, where a time. */
export interface HttpServerLimits {
  readonly keepAliveMs: number;
  /** Until the head of a request is there. */
  readonly headMs: number;
  /** Until a whole request is there; answers may take as long as they want. */
  readonly requestMs: number;
  /** How often the two are looked at. */
  readonly checkMs: number;
  readonly connections: number;
}

const DEFAULT_LIMITS: HttpServerLimits = {
  keepAliveMs: 72_000,
  headMs: 15_000,
  requestMs: 60_000,
  checkMs: 5_000,
  connections: 4_096,
};

/** A server of `node:http` on which nobody can wait for ever. */
export function createHttpServer(listener: RequestListener, limits: Partial<HttpServerLimits> = {}): Server {
  const { keepAliveMs, headMs, requestMs, checkMs, connections } = { ...DEFAULT_LIMITS, ...limits };
  const server = createServer({ connectionsCheckingInterval: checkMs }, listener);
  return Object.assign(server, {
    keepAliveTimeout: keepAliveMs,
    headersTimeout: headMs,
    requestTimeout: requestMs,
    maxConnections: connections,
  });
}

/** Whether a body was announced of which something has not been read. */
export function hasPendingBody({ headers, complete }: IncomingMessage): boolean {
  if (complete) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Whether a request names its host more than once: which of them counts would depend on who reads it (RFC 9112, 3.2). */
export function hasSeveralHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}
