import type { Logger } from '@capstan/sdk';
import { type Kysely, sql, type Transaction } from 'kysely';
import { claimNames } from '../claim-names.ts';
import { COLLECTIONS, type Collections, type StoredState } from '../collections.ts';
import { changedMeanwhile } from '../conflicts.ts';
import type { KeyDirectory } from '../key-directory.ts';
import type { Listeners } from '../listeners.ts';
import { readSnapshot } from '../snapshot.ts';
import type { Changed, ChangeOptions, Store, StoreChange, StoreWriter } from '../store.ts';
import { TurnLock } from '../turn-lock.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { Connection, Database } from './database.ts';
import { attempt, storeError } from './database-errors.ts';
import { notify } from './notify.ts';
import { PostgresApprovals } from './postgres-approvals.ts';
import { PostgresAudit } from './postgres-audit.ts';
import { postgresCollections } from './postgres-collections.ts';
import { postgresKeyDirectory } from './postgres-keys.ts';

/** What a {@link PostgresStore} works with. */
export interface PostgresStoreParts {
  readonly database: Kysely<Database>;
  readonly feed: ChangeFeed;
  readonly listeners: Listeners<StoreChange>;
  readonly logger: Logger | undefined;
}

/**
 * The store in Postgres.
 *
 * 1. A change begins with a lock on the row of the revision, so changes of all replicas come one after the other.
 * 2. Changes of this replica wait for each other here: a waiting one holds no connection that the running one may need.
 * 3. Notices are sent inside the transaction; Postgres delivers them when it is committed, and in that order.
 */
export class PostgresStore implements Store {
  readonly driver = 'postgres';
  readonly read: Collections;
  readonly keyDirectory: KeyDirectory;
  readonly approvals: PostgresApprovals;
  readonly audit: PostgresAudit;
  readonly #parts: PostgresStoreParts;
  readonly #turns = new TurnLock();

  constructor(parts: PostgresStoreParts) {
    const { database } = parts;
    this.#parts = parts;
    this.read = postgresCollections(database, () => undefined);
    this.keyDirectory = postgresKeyDirectory(database);
    this.approvals = new PostgresApprovals(database);
    this.audit = new PostgresAudit(database);
  }

  revision(): Promise<number> {
    return readRevision(this.#parts.database);
  }

  snapshot(): Promise<StoredState> {
    return attempt(() =>
      this.#parts.database
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(async (transaction) =>
          readSnapshot(
            postgresCollections(transaction, () => undefined),
            await readRevision(transaction),
          ),
        ),
    );
  }

  change<Result>(
    work: (writer: StoreWriter) => Promise<Result>,
    options: ChangeOptions = {},
  ): Promise<Changed<Result>> {
    return this.#turns.run(() => this.#change(work, options));
  }

  onChange(listener: (change: StoreChange) => void): () => void {
    return this.#parts.listeners.add(listener);
  }

  async check(): Promise<void> {
    await this.revision();
  }

  async close(): Promise<void> {
    const { listeners, feed, database } = this.#parts;
    listeners.clear();
    await feed.close();
    await database.destroy();
  }

  async #change<Result>(
    work: (writer: StoreWriter) => Promise<Result>,
    { expectedRevision, isQuiet = false }: ChangeOptions,
  ): Promise<Changed<Result>> {
    // What the work throws is its caller's own; what the database throws around it gets a code.
    let thrown: { readonly error: unknown } | undefined;
    try {
      return await this.#parts.database.transaction().execute(async (transaction) => {
        const before = await lockRevision(transaction);
        if (expectedRevision !== undefined && expectedRevision !== before) {
          throw changedMeanwhile(expectedRevision, before);
        }
        let isDirty = false;
        const writer = writerOn(transaction, () => {
          isDirty = true;
        });
        const result = await work(writer).catch((error: unknown) => {
          thrown = { error };
          throw error;
        });
        return { result, revision: isDirty && !isQuiet ? await raiseRevision(transaction) : before };
      });
    } catch (error) {
      throw thrown === undefined ? storeError(error) : thrown.error;
    }
  }
}

function writerOn(transaction: Transaction<Database>, onWrite: () => void): StoreWriter {
  const collections = postgresCollections(transaction, onWrite);
  return {
    ...collections,
    claimNames: (workspace, wanted) => claimNames(collections.names, workspace, wanted),
    async removeWorkspace(slug) {
      await removeBelongings(transaction, slug);
      onWrite();
      return collections.workspaces.remove({ slug });
    },
  };
}

async function removeBelongings(transaction: Transaction<Database>, workspace: string): Promise<void> {
  const owned = Object.values(COLLECTIONS).filter((spec) =>
    [...spec.key, ...spec.columns].some((property) => property === 'workspace'),
  );
  for (const table of [...owned.map(({ name }) => name), 'approvals']) {
    const statement = sql`delete from ${sql.table(`capstan.${table}`)} where workspace = ${workspace}`;
    await attempt(() => statement.execute(transaction));
  }
}

async function readRevision(connection: Connection): Promise<number> {
  const query = connection.selectFrom('capstan.state').select('revision');
  const { revision } = await attempt(() => query.executeTakeFirstOrThrow());
  return Number(revision);
}

async function lockRevision(transaction: Transaction<Database>): Promise<number> {
  const query = transaction.selectFrom('capstan.state').select('revision').forUpdate();
  const { revision } = await attempt(() => query.executeTakeFirstOrThrow());
  return Number(revision);
}

async function raiseRevision(transaction: Transaction<Database>): Promise<number> {
  const query = sql<{ readonly revision: string }>`
    update capstan.state set revision = revision + 1 returning revision`;
  const { rows } = await query.execute(transaction);
  const revision = Number(rows[0]?.revision);
  await notify(transaction, { kind: 'state', revision });
  return revision;
}
