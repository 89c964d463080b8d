import type { Logger } from '@capstan/sdk';
import { Kysely, PostgresDialect } from 'kysely';
import { type ClientConfig, Pool } from 'pg';
import { Listeners } from '../listeners.ts';
import type { Store, StoreChange } from '../store.ts';
import { ChangeFeed } from './change-feed.ts';
import type { Database } from './database.ts';
import { attempt } from './database-errors.ts';
import { readDatabaseUrl } from './database-url.ts';
import { migrate } from './migrate.ts';
import { PostgresStore } from './postgres-store.ts';

/** Options of {@link openPostgresStore}. */
export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`; a secret: it stands in no message. */
  readonly url: string;
  /** Connections of this replica at most, one more for notices. Default 10. */
  readonly maxConnections?: number;
  readonly logger?: Logger;
}

const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 5000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** A change of another replica takes milliseconds; one that hangs is ended by Postgres itself. */
const LOCK_TIMEOUT_MS = 15_000;
const IDLE_TRANSACTION_TIMEOUT_MS = 10_000;
/** An idle connection whose other end is gone is noticed soon after. */
const KEEP_ALIVE_MS = 10_000;

/**
 * Opens the store in a Postgres database and brings its tables up to date.
 * @throws CapstanError CAPSTAN_STORE_UNAVAILABLE when the database does not answer or refuses, CAPSTAN_CONFIG_INVALID for a
 * URL that is none, a server that is too old, or tables of a newer Capstan.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { url, maxConnections = MAX_CONNECTIONS, logger } = options;
  const config = clientConfig(url);
  const database = new Kysely<Database>({
    dialect: new PostgresDialect({ pool: openPool(config, maxConnections, logger) }),
  });
  try {
    await migrate(database);
    return await assemble(database, config, logger);
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

/** A connection may end at any time, also between two statements of a transaction; whoever asks it next is told. */
function openPool(config: ClientConfig, max: number, logger: Logger | undefined): Pool {
  const pool = new Pool({ ...config, max });
  const onEnd = (cause: Error): void => logger?.debug('a connection of the database ended', { cause });
  pool.on('error', onEnd);
  // The pool listens to those that are idle only; without a listener the error would end the process.
  pool.on('connect', (client) => client.on('error', onEnd));
  return pool;
}

function clientConfig(url: string): ClientConfig {
  return {
    connectionString: readDatabaseUrl(url),
    application_name: 'capstan',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  };
}

async function assemble(database: Kysely<Database>, config: ClientConfig, logger: Logger | undefined): Promise<Store> {
  const listeners = new Listeners<StoreChange>((cause) => logger?.error('a listener of the store failed', { cause }));
  const feed = new ChangeFeed(
    // It waits for ever, and says nothing.
    { ...config, statement_timeout: 0 },
    {
      onChange: (change) => listeners.tell(change),
      onReconnect: () => void tellRevision(store, listeners, logger),
    },
    logger,
  );
  const store = new PostgresStore({ database, feed, listeners, logger });
  await attempt(() => feed.open());
  return store;
}

/** Whatever happened while nobody listened comes as one change. */
async function tellRevision(
  store: Store,
  listeners: Listeners<StoreChange>,
  logger: Logger | undefined,
): Promise<void> {
  try {
    listeners.tell({ kind: 'state', revision: await store.revision() });
  } catch (cause) {
    logger?.warn('the revision could not be read after connecting again', { cause });
  }
}
