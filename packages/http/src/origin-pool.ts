import type { Socket } from 'node:net';
import { type buildConnector, type Dispatcher, Pool } from 'undici';
import { type ExchangeQueue, PendingExchange } from './pending-exchange.ts';
import { StreamedExchange } from './streamed-exchange.ts';
import type { HttpAnswer, HttpExchange, HttpStream, HttpStreamRequest, HttpStreamSink } from './types.ts';

/** What the pools of one client share. */
export interface PoolOptions {
  /** Opens a checked socket and returns it at once, still connecting. */
  readonly connect: (options: buildConnector.Options, callback: buildConnector.Callback) => Socket | undefined;
  readonly connections: number;
  /** The pool has neither a socket nor an exchange. */
  readonly onIdle: (pool: OriginPool) => void;
}

/**
 * The keep-alive connections of one origin.
 *
 * 1. `#sockets` holds every socket from its opening to its close; `#connecting` those that are not yet open.
 * 2. `#waiting` counts the exchanges that have no connection yet. When the last of them gives up, nobody needs the
 *    sockets that are still connecting, and they are destroyed.
 * 3. undici itself sets no timers for requests here: the exchange has the one.
 */
export class OriginPool implements ExchangeQueue {
  readonly origin: string;
  readonly #pool: Pool;
  readonly #options: PoolOptions;
  readonly #sockets = new Set<Socket>();
  readonly #connecting = new Set<Socket>();
  #waiting = 0;

  constructor(origin: string, options: PoolOptions) {
    this.origin = origin;
    this.#options = options;
    this.#pool = new Pool(origin, {
      connect: (target, callback) => this.#connect(target, callback),
      connections: options.connections,
      allowH2: false,
      headersTimeout: 0, // 3
      bodyTimeout: 0,
    });
  }

  get sockets(): number {
    return this.#sockets.size;
  }

  exchange(exchange: HttpExchange, path: string): Promise<HttpAnswer> {
    const pending = new PendingExchange(exchange, this);
    this.#dispatch(exchange, path, pending);
    return pending.answer;
  }

  stream(request: HttpStreamRequest, path: string, sink: HttpStreamSink): HttpStream {
    const streamed = new StreamedExchange(request, sink, this);
    this.#dispatch(request, path, streamed);
    return streamed;
  }

  onBegun(): void {
    this.#waiting -= 1;
  }

  onAbandoned(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0) return;
    for (const socket of this.#connecting) socket.destroy(new AbandonedConnection());
  }

  /** Resolves when every exchange has ended. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  async destroy(): Promise<void> {
    await this.#pool.destroy();
    // undici leaves those alone that are still connecting.
    await Promise.all([...this.#sockets].map(destroySocket));
  }

  #dispatch(
    exchange: Pick<HttpExchange, 'method' | 'headers' | 'body'>,
    path: string,
    handler: Dispatcher.DispatchHandler,
  ): void {
    this.#waiting += 1;
    const request: Dispatcher.DispatchOptions = {
      path,
      method: exchange.method,
      // undici does not write to it, though its type is a mutable one.
      headers: exchange.headers as Record<string, string> | string[],
      body: exchange.body ?? null,
    };
    this.#pool.dispatch(request, handler);
  }

  #connect(target: buildConnector.Options, callback: buildConnector.Callback): void {
    // undici reconnects for requests that gave up in its queue, too.
    if (this.#waiting === 0) {
      queueMicrotask(() => callback(new AbandonedConnection(), null));
      return;
    }
    const socket = this.#options.connect(target, (...outcome) => {
      if (socket) this.#connecting.delete(socket);
      callback(...outcome);
    });
    if (socket) this.#track(socket);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    this.#connecting.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#connecting.delete(socket);
      // undici's own listeners come after this one.
      setImmediate(() => this.#reportIdle());
    });
  }

  #reportIdle(): void {
    if (this.#sockets.size === 0 && this.#pool.stats.size === 0) this.#options.onIdle(this);
  }
}

function destroySocket(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  socket.destroy(new AbandonedConnection());
  return promise;
}

/** Nobody waits for this connection any more. */
class AbandonedConnection extends Error {
  override readonly name = 'AbandonedConnection';
  constructor() {
    super('nobody waits for this connection any more');
  }
}
