import type { Logger } from '@capstan/sdk';
import { Client, type ClientConfig } from 'pg';
import type { StoreChange } from '../store.ts';
import { CHANNEL, readChange } from './notify.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';

/** What a feed tells. */
export interface ChangeFeedEvents {
  readonly onChange: (change: StoreChange) => void;
  /** It listens again after it was deaf: whatever happened meanwhile was missed. */
  readonly onReconnect: () => void;
}

/** How a feed notices that its connection is dead although nobody said so. */
export interface HeartbeatTimes {
  /** Between two questions, ms. */
  readonly intervalMs: number;
  /** An answer has to come within it, ms. */
  readonly timeoutMs: number;
}

const HEARTBEAT: HeartbeatTimes = { intervalMs: 10_000, timeoutMs: 10_000 };

/**
 * Hears of the changes of all replicas over a connection of its own.
 *
 * 1. One connection at a time. When it ends, the next try comes after a pause that doubles up to its limit.
 * 2. It is asked regularly whether it lives: a network that drops packets ends no connection, and a replica that is deaf
 *    would go on taking a key that was revoked.
 * 3. `close` ends pause, question and connection; nothing is told after it.
 */
export class ChangeFeed {
  readonly #config: ClientConfig;
  readonly #events: ChangeFeedEvents;
  readonly #logger: Logger | undefined;
  readonly #heartbeat: HeartbeatTimes;
  readonly #closed = new AbortController();
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(
    config: ClientConfig,
    events: ChangeFeedEvents,
    logger: Logger | undefined,
    heartbeat: HeartbeatTimes = HEARTBEAT,
  ) {
    this.#config = { ...config, query_timeout: heartbeat.timeoutMs };
    this.#heartbeat = heartbeat;
    this.#events = events;
    this.#logger = logger;
  }

  /** Resolves when it listens. @throws what the driver says: the first try is the caller's matter. */
  async open(): Promise<void> {
    const client = new Client(this.#config);
    let hasEnded = false;
    client.on('error', (cause) => this.#logger?.debug('the connection that hears of changes failed', { cause }));
    client.on('end', () => {
      hasEnded = true;
      if (this.#client === client) this.#lost();
    });
    client.on('notification', ({ payload }) => this.#hear(payload));
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    if (hasEnded) throw new Error('the connection ended at once');
    if (this.#closed.signal.aborted) await client.end();
    else {
      this.#client = client;
      this.#askLater(client);
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  #hear(payload: string | undefined): void {
    const change = readChange(payload);
    if (change !== undefined && !this.#closed.signal.aborted) this.#events.onChange(change);
  }

  #askLater(client: Client): void {
    this.#timer = setTimeout(() => void this.#ask(client), this.#heartbeat.intervalMs).unref();
  }

  async #ask(client: Client): Promise<void> {
    try {
      await client.query('select 1');
      if (this.#client === client) this.#askLater(client);
    } catch {
      // Whatever it was: this connection is no good any more.
      if (this.#client !== client) return;
      this.#lost();
      await client.end().catch(() => undefined);
    }
  }

  #lost(): void {
    clearTimeout(this.#timer);
    this.#client = undefined;
    if (this.#closed.signal.aborted) return;
    if (this.#failures === 0) this.#logger?.warn('the database does not tell of changes; connecting again');
    this.#timer = setTimeout(() => void this.#reopen(), reconnectDelayMs(this.#failures));
  }

  async #reopen(): Promise<void> {
    try {
      await this.open();
    } catch {
      // Said once, when the connection was lost.
      this.#failures += 1;
      this.#lost();
      return;
    }
    if (this.#closed.signal.aborted) return;
    this.#failures = 0;
    this.#logger?.info('the database tells of changes again');
    this.#events.onReconnect();
  }
}
