import type { Pool } from 'pg';
import { INTERPRETER_VERSION } from './interpreter-version.ts';
import { patientQuery } from './patient-query.ts';

/** The queue from which every executor of an application takes what is to be recovered (DBOS 5.3.0). */
const RECOVERY_QUEUE = '_dbos_internal_queue';

/**
 * Moves the unfinished runs of a host to the queue from which any host takes them. It does what DBOS itself does when an
 * executor starts again, for which it has no public call: it looks at runs of the interpreter's version only, changes them
 * in one statement, and takes their ownership away, so that whoever ran them can record nothing more. Doing it twice does
 * no harm: a run that somebody took has another executor. The library is pinned (5.3.0), and tests recover with it.
 * @returns How many there were.
 */
export async function recoverRunsOf(hostId: string, pool: Pool): Promise<number> {
  const { rowCount } = await pool.query(
    `UPDATE dbos.workflow_status
     SET status = 'ENQUEUED', queue_name = coalesce(queue_name, $3), owner_xid = NULL, started_at_epoch_ms = NULL,
         updated_at = (extract(epoch FROM now()) * 1000)::bigint
     WHERE status = 'PENDING' AND executor_id = $1 AND application_version = $2`,
    [hostId, INTERPRETER_VERSION, RECOVERY_QUEUE],
  );
  return rowCount ?? 0;
}

/** The same for one run that the database went away under: its failure is not the run's. */
export async function recoverRun(attemptId: string, pool: Pool): Promise<void> {
  await patientQuery(
    pool,
    `UPDATE dbos.workflow_status
     SET status = 'ENQUEUED', queue_name = coalesce(queue_name, $2), owner_xid = NULL, started_at_epoch_ms = NULL,
         updated_at = (extract(epoch FROM now()) * 1000)::bigint
     WHERE status = 'PENDING' AND workflow_uuid = $1`,
    [attemptId, RECOVERY_QUEUE],
  );
}
