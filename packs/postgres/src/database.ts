import type { ToolContext } from '@capstan/sdk';
import { Client, DatabaseError, Pool, type PoolClient, types } from 'pg';
import { columnParser } from './column-value.ts';
import { databaseError } from './database-error.ts';
import type { DatabaseSettings } from './settings.ts';

/** Whether a transaction may change anything. */
export type Access = 'READ ONLY' | 'READ WRITE';

/** Work on one connection, inside a transaction. */
export type Work<Result> = (client: PoolClient) => Promise<Result>;

/** The calls must be over a moment before the caller's deadline, so that the error arrives. */
const DEADLINE_MARGIN_MS = 250;
const IDLE_TIMEOUT_MS = 10_000;

/**
 * A pool of connections to one database.
 *
 * 1. Each piece of work is one transaction on one connection; a failed one is rolled back.
 * 2. A connection goes back into the pool without anything of the call on it: `DISCARD ALL`.
 * 3. What the caller cancels is cancelled at the server too; its connection is closed, not used again.
 * 4. A statement ends by itself, at the server, before the caller's deadline.
 */
export class Database {
  readonly settings: DatabaseSettings;
  readonly #pool: Pool;

  constructor(settings: DatabaseSettings) {
    this.settings = settings;
    this.#pool = new Pool({
      connectionString: settings.url,
      application_name: 'capstan',
      max: settings.maxConnections,
      connectionTimeoutMillis: settings.connectionTimeoutMs,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      allowExitOnIdle: true,
      types: { getTypeParser: (type: number) => columnParser(type, types.getTypeParser(type)) },
    });
    // A broken connection leaves the pool by itself, and the statement under way on it fails; nobody else need know.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** @throws CapstanError in the words of the host, whatever went wrong. */
  async transaction<Result>(access: Access, context: ToolContext, work: Work<Result>): Promise<Result> {
    const client = await this.#pool.connect().catch((cause: unknown) => {
      throw databaseError(cause);
    });
    try {
      const result = await this.#untilAborted(client, context.signal, () => this.#run(client, access, context, work));
      client.release();
      return result;
    } catch (cause) {
      await this.#giveBack(client, !context.signal.aborted && isRefusal(cause));
      throw databaseError(cause);
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #run<Result>(client: PoolClient, access: Access, context: ToolContext, work: Work<Result>): Promise<Result> {
    await client.query(`BEGIN TRANSACTION ${access}`);
    await client.query("SELECT set_config('statement_timeout', $1, true)", [String(this.#timeoutMs(context))]);
    const result = await work(client);
    await client.query(access === 'READ ONLY' ? 'ROLLBACK' : 'COMMIT');
    await client.query('DISCARD ALL');
    return result;
  }

  /** A statement may never end by itself: `COPY … FROM STDIN` waits for what nobody sends. */
  async #untilAborted<Result>(client: PoolClient, signal: AbortSignal, run: () => Promise<Result>): Promise<Result> {
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => {
      void this.#cancel(client);
      aborted.reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      return await Promise.race([run(), aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #timeoutMs({ deadline }: ToolContext): number {
    const leftMs = deadline - Date.now() - DEADLINE_MARGIN_MS;
    return Math.max(1, Math.min(this.settings.statementTimeoutMs, Math.floor(leftMs)));
  }

  /** A connection that is closed rolls back by itself. */
  async #giveBack(client: PoolClient, isUsable: boolean): Promise<void> {
    if (!isUsable) return client.release(true);
    try {
      await client.query('ROLLBACK');
      await client.query('DISCARD ALL');
      client.release();
    } catch {
      // The connection itself is broken; why the work failed is already known.
      client.release(true);
    }
  }

  /** Over a connection of its own: the pool may be full of what is to be cancelled. */
  async #cancel(client: PoolClient): Promise<void> {
    const pid = 'processID' in client ? client.processID : undefined;
    const other = new Client({
      connectionString: this.settings.url,
      application_name: 'capstan',
      connectionTimeoutMillis: this.settings.connectionTimeoutMs,
    });
    try {
      await other.connect();
      await other.query('SELECT pg_cancel_backend($1)', [pid]);
    } catch {
      // The server ends the statement by itself when statement_timeout is over.
    } finally {
      await other.end().catch(() => undefined);
    }
  }
}

/** After a statement that was ended in the middle (57014), the server may still wait for what nobody sends. */
function isRefusal(cause: unknown): boolean {
  return cause instanceof DatabaseError && cause.code !== '57014';
}

const databases = new Map<string, Database>();

/** The one pool of a connection, for all tools; a change of its settings makes a new one and lets the old one run dry. */
export function databaseOf(connectionId: string, settings: DatabaseSettings): Database {
  const known = databases.get(connectionId);
  if (known && isSame(known.settings, settings)) return known;
  void known?.close();
  const database = new Database(settings);
  databases.set(connectionId, database);
  return database;
}

function isSame(one: DatabaseSettings, other: DatabaseSettings): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
