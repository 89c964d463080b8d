import { CapstanError } from '@capstan/sdk';
import { type Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Database } from './database.ts';
import { attempt } from './database-errors.ts';
import { MIGRATIONS } from './migrations/all-migrations.ts';

/** `unique nulls not distinct` came with it. */
const OLDEST_VERSION = 150_000;

/** Of Postgres' advisory locks; any number that nobody else in this database uses. */
const LOCK = 7_240_518;

/**
 * Brings the tables up to date under an advisory lock of Postgres: of replicas that start at once, one migrates and the
 * others wait for it.
 * @throws CapstanError CAPSTAN_CONFIG_INVALID when the database is too old, or was migrated by a newer Capstan.
 */
export async function migrate(database: Kysely<Database>): Promise<void> {
  await refuseOldServer(database);
  await attempt(() =>
    database.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(${LOCK})`.execute(connection);
      try {
        await migrateLocked(connection);
      } finally {
        await sql`select pg_advisory_unlock(${LOCK})`.execute(connection);
      }
    }),
  );
}

async function migrateLocked(connection: Kysely<Database>): Promise<void> {
  await refuseNewerTables(connection);
  const migrator = new Migrator({
    db: connection,
    provider: { getMigrations: async () => ({ ...MIGRATIONS }) },
    migrationTableSchema: 'capstan',
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

async function refuseOldServer(database: Kysely<Database>): Promise<void> {
  const { rows } = await attempt(() =>
    sql<{ readonly version: number; readonly name: string }>`
      select current_setting('server_version_num')::int as version, current_setting('server_version') as name
    `.execute(database),
  );
  const [server] = rows;
  if (server === undefined || server.version >= OLDEST_VERSION) return;
  throw new CapstanError(
    'CAPSTAN_CONFIG_INVALID',
    `the database is Postgres ${server.name}; Capstan needs 15 or newer`,
    {
      hint: 'Name a newer server in CAPSTAN_DATABASE_URL, or leave it out: then Capstan starts one of its own.',
    },
  );
}

/** Tables of a newer Capstan may mean something that this one does not know. */
async function refuseNewerTables(database: Kysely<Database>): Promise<void> {
  const { rows } = await attempt(() =>
    sql<{ readonly exists: boolean }>`select to_regclass('capstan.kysely_migration') is not null as exists`.execute(
      database,
    ),
  );
  if (rows[0]?.exists !== true) return;
  const { rows: done } = await attempt(() =>
    sql<{ readonly name: string }>`select name from capstan.kysely_migration order by name`.execute(database),
  );
  const unknown = done.find(({ name }) => !Object.hasOwn(MIGRATIONS, name));
  if (unknown === undefined) return;
  throw new CapstanError(
    'CAPSTAN_CONFIG_INVALID',
    `the database was migrated by a newer Capstan (${unknown.name} is unknown to this one)`,
    { hint: 'Run the newer version, or name another database in CAPSTAN_DATABASE_URL.' },
  );
}
