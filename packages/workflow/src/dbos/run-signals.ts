import type { JsonValue, Logger } from '@capstan/sdk';
import type { Pool } from 'pg';
import type { WaitEnd, WaitRequest } from '../run/run-environment.ts';
import { patientQuery } from './patient-query.ts';
import { SCHEMA } from './tables.ts';

/** How often is looked, whatever was heard: a notice is not kept for whoever is away. */
const LOOK_MS = 1_000;

/** One attempt of a run, as it is known on this host. */
export interface AttemptId {
  readonly runId: string;
  readonly attempt: number;
}

interface Waiter {
  readonly id: AttemptId;
  readonly request: WaitRequest;
  /** In ms since the epoch. */
  readonly until: number | undefined;
  readonly end: (end: WaitEnd) => void;
}

interface Watched {
  readonly attempt: number;
  readonly cancel: AbortController;
}

/**
 * What reaches runs from outside: events, approvals, cancellations, the end of a delay.
 *
 * 1. One loop for all runs of the host: a run that waits for days holds no connection, no timer and no query.
 * 2. What was sent is kept until a step takes it; it takes it under its own name, so that it gets the same again.
 * 3. The end of a wait is kept when it begins, so that a recovery does not begin it anew.
 */
export class RunSignals {
  readonly #pool: Pool;
  readonly #logger: Logger;
  readonly #runs = new Map<string, Watched>();
  readonly #waiters = new Set<Waiter>();
  readonly #loop: NodeJS.Timeout;
  #looking: Promise<void> | undefined;
  #lookAgain = false;

  constructor(pool: Pool, logger: Logger) {
    this.#pool = pool;
    this.#logger = logger;
    this.#loop = setInterval(() => this.look(), LOOK_MS);
  }

  close(): void {
    clearInterval(this.#loop);
  }

  /** A run goes on here: the signal is aborted when it is cancelled. */
  watch({ runId, attempt }: AttemptId): { readonly signal: AbortSignal; readonly release: () => void } {
    const watched = { attempt, cancel: new AbortController() };
    this.#runs.set(runId, watched);
    return {
      signal: watched.cancel.signal,
      release: () => {
        if (this.#runs.get(runId) === watched) this.#runs.delete(runId);
      },
    };
  }

  /** Looks for what has arrived; several wishes at once are one look. */
  look(): void {
    if (this.#looking !== undefined) {
      this.#lookAgain = true;
      return;
    }
    if (this.#runs.size === 0) return;
    this.#looking = this.#lookOnce()
      .catch((cause: unknown) => this.#logger.debug('signals of runs could not be read', { cause }))
      .finally(() => {
        this.#looking = undefined;
        if (!this.#lookAgain) return;
        this.#lookAgain = false;
        this.look();
      });
  }

  async send(runId: string, kind: WaitRequest['kind'] | 'cancel', name: string, payload: JsonValue): Promise<void> {
    await patientQuery(
      this.#pool,
      `WITH sent AS (INSERT INTO ${SCHEMA}.signals (run_id, kind, name, payload) VALUES ($1, $2, $3, $4))
       SELECT pg_notify('${SCHEMA}', $1)`,
      [runId, kind, name, JSON.stringify(payload)],
    );
  }

  async wait(id: AttemptId, request: WaitRequest, signal: AbortSignal): Promise<WaitEnd> {
    if (signal.aborted) return { kind: 'stopped' };
    const until = await this.#keepWait(id, request);
    const { promise, resolve } = Promise.withResolvers<WaitEnd>();
    const waiter: Waiter = { id, request, until, end: resolve };
    const onAbort = (): void => resolve({ kind: 'stopped' });
    // Short waits are exact; the loop ends the long ones.
    const leftMs = until === undefined ? undefined : until - Date.now();
    const timer =
      leftMs === undefined || leftMs > LOOK_MS ? undefined : setTimeout(() => this.look(), Math.max(0, leftMs));
    this.#waiters.add(waiter);
    signal.addEventListener('abort', onAbort, { once: true });
    this.look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #keepWait({ runId, attempt }: AttemptId, request: WaitRequest): Promise<number | undefined> {
    const { step, kind, name, question, timeoutMs } = request;
    const until = timeoutMs === undefined ? null : Math.ceil(Date.now() + timeoutMs);
    const [row] = await patientQuery<{ until: string | null }>(
      this.#pool,
      `INSERT INTO ${SCHEMA}.waits (run_id, attempt, step, kind, name, question, until) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (run_id, attempt, step, name) DO UPDATE SET kind = EXCLUDED.kind RETURNING until`,
      [runId, attempt, step, kind, name, question ?? null, until],
    );
    return row?.until == null ? undefined : Number(row.until);
  }

  async #lookOnce(): Promise<void> {
    const now = Date.now();
    const waiters = [...this.#waiters];
    for (const waiter of waiters) await this.#receive(waiter, now);
    const ids = [...this.#runs.keys()];
    const { rows } = await this.#pool.query<{ run_id: string; name: string }>(
      `SELECT run_id, name FROM ${SCHEMA}.signals WHERE kind = 'cancel' AND run_id = ANY($1)`,
      [ids],
    );
    for (const { run_id, name } of rows) {
      const run = this.#runs.get(run_id);
      if (run !== undefined && name === String(run.attempt)) run.cancel.abort();
    }
  }

  async #receive({ id, request, until, end }: Waiter, now: number): Promise<void> {
    if (request.kind !== 'delay') {
      const payload = await this.#take(id, request);
      if (payload !== undefined) return end({ kind: 'delivered', payload });
    }
    if (until !== undefined && until <= now) end({ kind: 'elapsed' });
  }

  async #take({ runId, attempt }: AttemptId, { step, kind, name }: WaitRequest): Promise<JsonValue | undefined> {
    const { rows } = await this.#pool.query<{ payload: JsonValue }>(
      `UPDATE ${SCHEMA}.signals SET consumed_by = $4 WHERE id = (
         SELECT id FROM ${SCHEMA}.signals
         WHERE run_id = $1 AND kind = $2 AND name = $3 AND (consumed_by IS NULL OR consumed_by = $4)
         ORDER BY consumed_by NULLS LAST, id LIMIT 1 FOR UPDATE)
       RETURNING payload`,
      [runId, kind, name, `${attempt}:${step}`],
    );
    return rows[0]?.payload;
  }
}
