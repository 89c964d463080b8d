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

/**
 * Hears of the changes of all replicas over a connection of its own.
 *
 * 1. One connection at a time. When it ends, the next try comes after a pause that doubles up to its limit.
 * 2. `close` ends the pause and the connection; nothing is told after it.
 */
export class ChangeFeed {
  readonly #config: ClientConfig;
  readonly #events: ChangeFeedEvents;
  readonly #logger: Logger | undefined;
  readonly #closed = new AbortController();
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(config: ClientConfig, events: ChangeFeedEvents, logger: Logger | undefined) {
    this.#config = config;
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
    else this.#client = client;
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

  #lost(): void {
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
