import { createClient, type RedisClientType } from '@redis/client';

/** What {@link openRedis} takes. */
export interface RedisOptions {
  /** `redis://…` or `rediss://…`. It may hold a password: it is never logged. */
  readonly url: string;
  /** How long a call waits for an answer, in ms. Default 100. */
  readonly timeoutMs?: number;
  /** Put before every key. Default `capstan:`. */
  readonly prefix?: string;
  /** Told once when the server goes away, and once when it is back. */
  readonly onState?: (state: RedisState) => void;
  /** Monotonic, in ms. */
  readonly now?: () => number;
}

/** Whether the server answers. */
export type RedisState = { readonly kind: 'ready' } | { readonly kind: 'away'; readonly cause: unknown };

/** What came of a command. */
export type RedisAnswer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly cause: unknown };

/** The client, as the drivers of this package use it. */
export type RedisClient = RedisClientType;

const DEFAULT_TIMEOUT_MS = 100;
/** After an answer that did not come, the server is left alone for this time. */
const MUTE_MS = 1_000;
const MAX_RECONNECT_MS = 2_000;
const FIRST_RECONNECT_MS = 50;
const CONNECT_TIMEOUT_MS = 2_000;

/**
 * A connection to one Redis or Valkey server, shared by everything that is kept there.
 *
 * 1. No command waits longer than `timeoutMs`, and none waits for a connection.
 * 2. After an answer that did not come, commands fail at once for MUTE_MS: not every call pays for a server that hangs.
 * 3. It connects again for ever, in growing pauses, until it is closed.
 */
export class RedisConnection {
  readonly client: RedisClient;
  readonly prefix: string;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  readonly #onState: (state: RedisState) => void;
  #state: RedisState['kind'] | 'unknown' = 'unknown';
  #mutedUntil = 0;

  constructor(options: RedisOptions) {
    this.prefix = options.prefix ?? 'capstan:';
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#now = options.now ?? (() => performance.now());
    this.#onState = options.onState ?? (() => undefined);
    this.client = newClient(options.url);
    this.client.on('error', (cause: unknown) => this.#became({ kind: 'away', cause }));
    this.client.on('ready', () => this.#became({ kind: 'ready' }));
  }

  /** Begins to connect; resolves when that worked or failed once. */
  async connect(): Promise<void> {
    const first = Promise.withResolvers<void>();
    this.client.once('ready', () => first.resolve());
    this.client.once('error', () => first.resolve());
    this.client.connect().catch((cause: unknown) => {
      this.#became({ kind: 'away', cause });
      first.resolve();
    });
    await first.promise;
  }

  get isReady(): boolean {
    return this.client.isReady && this.#now() >= this.#mutedUntil;
  }

  /** Runs commands within the time limit. Never throws. */
  async run<Value>(work: (client: RedisClient) => Promise<Value>): Promise<RedisAnswer<Value>> {
    if (!this.isReady) return { ok: false, cause: new Error('the Redis server does not answer') };
    const late = Promise.withResolvers<RedisAnswer<Value>>();
    const timer = setTimeout(() => {
      this.#mutedUntil = this.#now() + MUTE_MS;
      const cause = new Error(`the Redis server did not answer within ${this.#timeoutMs} ms`);
      this.#became({ kind: 'away', cause });
      late.resolve({ ok: false, cause });
    }, this.#timeoutMs);
    const answer = work(this.client).then(
      (value) => ({ ok: true, value }) as const,
      (cause: unknown) => ({ ok: false, cause }) as const,
    );
    const first = await Promise.race([answer, late.promise]);
    clearTimeout(timer);
    if (first.ok) this.#became({ kind: 'ready' });
    return first;
  }

  async close(): Promise<void> {
    if (!this.client.isOpen) return;
    if (this.client.isReady) await this.run((client) => client.close());
    if (this.client.isOpen) this.client.destroy();
  }

  #became(state: RedisState): void {
    if (this.#state === state.kind) return;
    this.#state = state.kind;
    this.#onState(state);
  }
}

/** Opens a connection. It resolves with a server that is away, too: the drivers say `unavailable` until it is there. */
export async function openRedis(options: RedisOptions): Promise<RedisConnection> {
  const connection = new RedisConnection(options);
  await connection.connect();
  return connection;
}

function newClient(url: string): RedisClient {
  return createClient({
    url,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (retries) => Math.min(FIRST_RECONNECT_MS * 2 ** Math.min(retries, 10), MAX_RECONNECT_MS),
    },
  });
}
