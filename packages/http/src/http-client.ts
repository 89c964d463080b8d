import { AddressGuard } from './address-guard.ts';
import { parseTarget } from './egress-hosts.ts';
import { createGuardedConnector } from './guarded-connector.ts';
import { HttpFailure } from './http-failure.ts';
import { OriginPool, type PoolOptions } from './origin-pool.ts';
import { describeRequest, isFlat } from './outgoing-request.ts';
import { endingSpan, spanEndingSink, traced } from './traced-request.ts';
import type {
  HttpAnswer,
  HttpClient,
  HttpClientOptions,
  HttpExchange,
  HttpStream,
  HttpStreamRequest,
  HttpStreamSink,
  HttpTarget,
  OutgoingRequest,
  OutgoingTracing,
} from './types.ts';

const DEFAULT_CONNECTIONS = 64;
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
const DEFAULT_GRACE_MS = 2_000;

/** Builds the host's one http client. Close it: it holds sockets. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  return new PooledHttpClient(options);
}

/**
 * 1. A pool is in `#pools` as long as it has a socket or an exchange; an idle one is dropped.
 * 2. After `close` was called no exchange begins; when it resolves, no socket is open.
 */
class PooledHttpClient implements HttpClient {
  readonly #pools = new Map<string, OriginPool>();
  readonly #poolOptions: Omit<PoolOptions, 'onIdle'>;
  readonly #onRequest: ((line: OutgoingRequest) => void) | undefined;
  readonly #tracing: OutgoingTracing | undefined;
  #closed = false;

  constructor(options: HttpClientOptions) {
    this.#onRequest = options.onRequest;
    this.#tracing = options.tracing;
    this.#poolOptions = {
      connect: createGuardedConnector({
        guard: new AddressGuard(options.egress.allowPrivate, options.lookup),
        certificates: options.certificates ?? [],
        timeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      }),
      connections: options.connectionsPerOrigin ?? DEFAULT_CONNECTIONS,
    };
  }

  target(url: string, egress: readonly string[] | undefined): HttpTarget {
    return parseTarget(url, egress);
  }

  exchange(exchange: HttpExchange): Promise<HttpAnswer> {
    const { target, path, signal } = exchange;
    if (this.#closed) return rejection('closed', 'the client is closed', target);
    if (signal?.aborted) return rejection('cancelled', 'cancelled by the caller', target, signal.reason);
    if (hasHostHeader(exchange.headers)) return rejection('invalid_request', HOST_HEADER, target);
    const wholePath = `${target.basePath}${path}`;
    if (wholePath[0] !== '/') return rejection('invalid_request', 'the path does not begin with a slash', target);
    this.#onRequest?.(describeRequest(exchange));
    const pool = this.#poolOf(target.origin);
    const trace = traced(this.#tracing, exchange);
    return trace === undefined
      ? pool.exchange(exchange, wholePath)
      : endingSpan(trace.span, pool.exchange(trace.request, wholePath));
  }

  stream(request: HttpStreamRequest, sink: HttpStreamSink): HttpStream {
    const { target, path } = request;
    const wholePath = `${target.basePath}${path}` || '/';
    if (this.#closed) return refusedStream(sink, new HttpFailure('closed', 'the client is closed', { sent: false }));
    if (hasHostHeader(request.headers)) {
      return refusedStream(sink, new HttpFailure('invalid_request', HOST_HEADER, { sent: false }));
    }
    this.#onRequest?.(describeRequest(request));
    const pool = this.#poolOf(target.origin, request.longLived);
    const trace = traced(this.#tracing, request);
    return trace === undefined
      ? pool.stream(request, wholePath, sink)
      : pool.stream(trace.request, wholePath, spanEndingSink(trace.span, sink));
  }

  async close(graceMs: number = DEFAULT_GRACE_MS): Promise<void> {
    this.#closed = true;
    const pools = [...this.#pools.values()];
    await settledWithin(graceMs, Promise.all(pools.map((pool) => pool.close())));
    await Promise.all(pools.map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  openSockets(): number {
    let count = 0;
    for (const pool of this.#pools.values()) count += pool.sockets;
    return count;
  }

  /** Streams that stay open have a pool of their own, without a limit: they would starve the exchanges. */
  #poolOf(origin: string, longLived = false): OriginPool {
    const key = longLived ? `${origin} streams` : origin;
    const known = this.#pools.get(key);
    if (known) return known;
    const connections = longLived ? Number.MAX_SAFE_INTEGER : this.#poolOptions.connections;
    const onIdle = (pool: OriginPool): void => this.#drop(key, pool);
    const pool = new OriginPool(origin, { ...this.#poolOptions, connections, onIdle });
    this.#pools.set(key, pool);
    return pool;
  }

  #drop(key: string, pool: OriginPool): void {
    if (this.#closed || this.#pools.get(key) !== pool) return;
    this.#pools.delete(key);
    void pool.destroy();
  }
}

function settledWithin(limitMs: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  work.then(() => resolve(), reject).finally(() => clearTimeout(timer));
  return promise;
}

const HOST_HEADER = 'the host header is not for callers';

/** The sink hears of it after it has got its stream. */
function refusedStream(sink: HttpStreamSink, failure: HttpFailure): HttpStream {
  let isAborted = false;
  queueMicrotask(() => {
    if (!isAborted) sink.onFailure(failure);
  });
  return {
    abort() {
      isAborted = true;
    },
  };
}

function rejection(
  kind: 'closed' | 'cancelled' | 'invalid_request',
  what: string,
  target: HttpTarget,
  cause?: unknown,
): Promise<never> {
  return Promise.reject(new HttpFailure(kind, `${what}: ${target.origin}`, { sent: false, cause }));
}

/** With another host header an allowed address would serve a host that is not on the list. */
function hasHostHeader(headers: HttpExchange['headers']): boolean {
  const names = isFlat(headers) ? headers : Object.keys(headers);
  const step = isFlat(headers) ? 2 : 1;
  for (let index = 0; index < names.length; index += step) {
    const name = names[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') return true;
  }
  return false;
}
