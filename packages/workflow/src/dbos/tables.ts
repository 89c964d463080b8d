import type { Pool, PoolClient } from 'pg';

/** The engine's own tables stand beside those of DBOS, in a schema of their own. */
export const SCHEMA = 'capstan_workflow';

/** Of one advisory lock, so that hosts that start together do not make the tables twice. */
const MIGRATION_LOCK = 7_204_115_001;

const TABLES = `
CREATE SCHEMA IF NOT EXISTS ${SCHEMA};
CREATE SEQUENCE IF NOT EXISTS ${SCHEMA}.epochs;
CREATE TABLE IF NOT EXISTS ${SCHEMA}.definitions (
  digest text PRIMARY KEY,
  source jsonb NOT NULL,
  input_schema jsonb NOT NULL
);
CREATE TABLE IF NOT EXISTS ${SCHEMA}.hosts (
  host_id text PRIMARY KEY,
  lock_key bigint NOT NULL,
  epoch bigint NOT NULL,
  heartbeat_at timestamptz NOT NULL DEFAULT now(),
  claimed_by text,
  claimed_at timestamptz
);
CREATE TABLE IF NOT EXISTS ${SCHEMA}.items (
  run_id text NOT NULL,
  step text NOT NULL,
  item integer NOT NULL,
  attempt integer NOT NULL,
  outcome jsonb NOT NULL,
  PRIMARY KEY (run_id, step, item)
);
CREATE TABLE IF NOT EXISTS ${SCHEMA}.waits (
  run_id text NOT NULL,
  attempt integer NOT NULL,
  step text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  question text,
  until bigint,
  PRIMARY KEY (run_id, attempt, step, name)
);
CREATE TABLE IF NOT EXISTS ${SCHEMA}.signals (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  payload jsonb NOT NULL,
  consumed_by text
);
CREATE INDEX IF NOT EXISTS signals_by_run ON ${SCHEMA}.signals (run_id, kind, name);
`;

/** Makes the tables that are not there yet. */
export function makeTables(pool: Pool): Promise<void> {
  return oneAtATime(pool, async (client) => {
    await client.query('BEGIN');
    try {
      await client.query(TABLES);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    }
  });
}

/** Does something that changes tables, while no other host does. */
export async function oneAtATime<Result>(pool: Pool, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  try {
    await untilLocked(client);
    const result = await work(client);
    await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    client.release();
    return result;
  } catch (error) {
    // A connection that is thrown away takes its lock with it.
    client.release(true);
    throw error;
  }
}

const LOCK_POLL_MS = 50;

/** By asking again and again: whoever waits inside of a statement holds up indexes that are made concurrently. */
async function untilLocked(client: PoolClient): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [MIGRATION_LOCK]);
    if (rows[0]?.ours === true) return;
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
}
