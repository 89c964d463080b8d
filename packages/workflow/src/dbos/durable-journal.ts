import { DBOS } from '@dbos-inc/dbos-sdk';
import type { Pool } from 'pg';
import type { RunJournal, WaitEnd, WaitRequest } from '../run/run-environment.ts';
import type { StepOutcome } from '../run/step-outcome.ts';
import type { HostLease } from './host-lease.ts';
import { patientQuery } from './patient-query.ts';
import type { AttemptId, RunSignals } from './run-signals.ts';
import { SCHEMA } from './tables.ts';

interface DurableJournalOptions {
  readonly id: AttemptId;
  readonly pool: Pool;
  readonly lease: HostLease;
  readonly signals: RunSignals;
}

/** The journal of a run in Postgres: a step is a step of DBOS, so it is done once; items and waits have tables of ours. */
export class DurableJournal implements RunJournal {
  readonly #options: DurableJournalOptions;
  /** The life of the host in which this run began here. */
  readonly #epoch: number;

  constructor(options: DurableJournalOptions) {
    this.#options = options;
    this.#epoch = options.lease.epoch;
  }

  record(key: string, work: () => Promise<StepOutcome>): Promise<StepOutcome> {
    return DBOS.runStep(work, { name: key, retriesAllowed: false });
  }

  async items(step: string): Promise<ReadonlyMap<number, StepOutcome>> {
    const { id, pool } = this.#options;
    const rows = await patientQuery<{ item: number; outcome: StepOutcome }>(
      pool,
      `SELECT item, outcome FROM ${SCHEMA}.items
       WHERE run_id = $1 AND step = $2 AND (attempt = $3 OR outcome->>'kind' = 'succeeded')`,
      [id.runId, step, id.attempt],
    );
    return new Map(rows.map(({ item, outcome }) => [item, outcome]));
  }

  async recordItem(step: string, index: number, outcome: StepOutcome): Promise<void> {
    const { id, pool } = this.#options;
    await patientQuery(
      pool,
      `INSERT INTO ${SCHEMA}.items (run_id, step, item, attempt, outcome) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (run_id, step, item) DO UPDATE SET attempt = EXCLUDED.attempt, outcome = EXCLUDED.outcome`,
      [id.runId, step, index, id.attempt, JSON.stringify(outcome)],
    );
  }

  wait(request: WaitRequest, signal: AbortSignal): Promise<WaitEnd> {
    return this.#options.signals.wait(this.#options.id, request, signal);
  }

  mayCall(): Promise<void> {
    return this.#options.lease.held(this.#epoch);
  }
}
