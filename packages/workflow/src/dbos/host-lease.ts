import { createHash } from 'node:crypto';
import type { Logger } from '@capstan/sdk';
import { Client, type Pool } from 'pg';
import { isAway } from './patient-query.ts';
import { SCHEMA } from './tables.ts';

/** How often a host says that it lives. */
const HEARTBEAT_MS = 2_000;
/** A heartbeat that is older than this, and a lock that is free, together mean dead. */
const DEAD_AFTER_MS = 10_000;
/** A host counts its own lease shorter than others do, so that it stops before they take over. */
const LEASE_MS = 8_000;

interface HostLeaseOptions {
  readonly pool: Pool;
  readonly databaseUrl: string;
  readonly hostId: string;
  readonly logger: Logger;
  /** Moves the unfinished runs of a host to whoever is free: `recover` of a host that is gone, or of this one. */
  readonly recover: (hostId: string) => Promise<number>;
  /** Something was said on the channel of the engine. */
  readonly onNotice: (runId: string) => void;
}

/**
 * Says that this host lives, and takes over from those that do not.
 *
 * 1. A host holds a session-level advisory lock, and a row with a heartbeat and an epoch.
 * 2. Dead is a host whose lock is free and whose heartbeat is older than 10 s: a database that restarts frees all locks at
 *    once, so the lock alone says nothing; and after its start everybody has 10 s to beat again.
 * 3. Taking over is one atomic claim that ends the epoch; what follows it may be done twice.
 * 4. A host that did not beat for 8 s by its own clock makes no call until it beats again; one that lost its epoch makes
 *    none in it ever again: it comes back with a new epoch, and gives up what it ran before.
 */
export class HostLease {
  readonly #options: HostLeaseOptions;
  readonly #lockKey: string;
  readonly #stop = new AbortController();
  #epoch = 0;
  #heldUntil = 0;
  #session: Client | undefined;
  #held = Promise.withResolvers<void>();
  #loop: Promise<void> | undefined;

  constructor(options: HostLeaseOptions) {
    this.#options = options;
    this.#lockKey = lockKeyOf(options.hostId);
  }

  /** Grows with each life of the host. */
  get epoch(): number {
    return this.#epoch;
  }

  get isHeld(): boolean {
    return performance.now() < this.#heldUntil;
  }

  /** @throws where the database cannot be reached at all */
  async start(): Promise<void> {
    await this.#openSession();
    await this.#register();
    this.#loop = this.#run();
  }

  /** Resolves when the lease is held in this epoch; never where the epoch is over. */
  async held(epoch: number): Promise<void> {
    while (!this.isHeld || epoch !== this.#epoch) {
      if (epoch !== this.#epoch) await new Promise<never>(() => {});
      await this.#held.promise;
    }
  }

  /** Gives the lease back, so that others need not wait. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    const { pool, hostId } = this.#options;
    try {
      await pool.query(`UPDATE ${SCHEMA}.hosts SET heartbeat_at = 'epoch' WHERE host_id = $1`, [hostId]);
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    await this.#session?.end();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await pause(HEARTBEAT_MS, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      try {
        await this.#beat();
        if (this.#session === undefined) await this.#openSession();
        await this.#takeOver();
      } catch (error) {
        const isGone = isAway(error);
        const log = isGone ? 'the database of the workflows is away' : 'the heartbeat of the workflows failed';
        this.#options.logger.warn(log, { cause: error });
      }
    }
  }

  async #beat(): Promise<void> {
    const { pool, hostId } = this.#options;
    const sentAt = performance.now();
    const { rowCount } = await pool.query(
      `UPDATE ${SCHEMA}.hosts SET heartbeat_at = now() WHERE host_id = $1 AND epoch = $2 AND claimed_by IS NULL`,
      [hostId, this.#epoch],
    );
    if (rowCount === 1) return this.#hold(sentAt);
    this.#heldUntil = 0;
    this.#options.logger.warn('another host took over the runs of this one', { epoch: this.#epoch });
    await this.#register();
  }

  /** Begins a new epoch. What ran in an earlier one is left to whoever is free. */
  async #register(): Promise<void> {
    const { pool, hostId, recover } = this.#options;
    const sentAt = performance.now();
    const { rows } = await pool.query<{ epoch: string }>(
      `INSERT INTO ${SCHEMA}.hosts (host_id, lock_key, epoch) VALUES ($1, $2, nextval('${SCHEMA}.epochs'))
       ON CONFLICT (host_id) DO UPDATE SET epoch = EXCLUDED.epoch, heartbeat_at = now(), claimed_by = NULL, claimed_at = NULL
       RETURNING epoch`,
      [hostId, this.#lockKey],
    );
    const isFirst = this.#epoch === 0;
    this.#epoch = Number(rows[0]?.epoch);
    if (!isFirst) await recover(hostId);
    this.#hold(sentAt);
  }

  #hold(sentAt: number): void {
    this.#heldUntil = sentAt + LEASE_MS;
    this.#held.resolve();
    this.#held = Promise.withResolvers();
  }

  async #openSession(): Promise<void> {
    const session = new Client({ connectionString: this.#options.databaseUrl, keepAlive: true });
    session.on('error', () => {
      if (this.#session === session) this.#session = undefined;
    });
    session.on('end', () => {
      if (this.#session === session) this.#session = undefined;
    });
    session.on('notification', ({ payload }) => this.#options.onNotice(payload ?? ''));
    await session.connect();
    await session.query('SELECT pg_advisory_lock($1)', [this.#lockKey]);
    await session.query(`LISTEN ${SCHEMA}`);
    this.#session = session;
  }

  async #takeOver(): Promise<void> {
    if (!this.isHeld) return;
    for (const { host_id, lock_key } of await this.#silent()) {
      if (!(await this.#claim(host_id, lock_key))) continue;
      const count = await this.#options.recover(host_id);
      await this.#options.pool.query(`DELETE FROM ${SCHEMA}.hosts WHERE host_id = $1 AND claimed_by = $2`, [
        host_id,
        this.#options.hostId,
      ]);
      this.#options.logger.warn('took over the runs of a host that is gone', { host: host_id, runs: count });
    }
  }

  async #silent(): Promise<readonly { readonly host_id: string; readonly lock_key: string }[]> {
    const { pool, hostId } = this.#options;
    const { rows } = await pool.query<{ host_id: string; lock_key: string }>(
      `SELECT host_id, lock_key FROM ${SCHEMA}.hosts WHERE host_id <> $1 AND ${IS_SILENT}`,
      [hostId],
    );
    return rows;
  }

  /** Whether the claim is ours. A claimer that dies itself loses it after the same time. */
  async #claim(host: string, lockKey: string): Promise<boolean> {
    const client = await this.#options.pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS free', [lockKey]);
      const { rowCount } = rows[0]?.free
        ? await client.query(
            `UPDATE ${SCHEMA}.hosts SET claimed_by = $2, claimed_at = now(), epoch = nextval('${SCHEMA}.epochs')
             WHERE host_id = $1 AND ${IS_SILENT}`,
            [host, this.#options.hostId],
          )
        : { rowCount: 0 };
      await client.query('COMMIT');
      return rowCount === 1;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }
}

const LIMIT = `interval '${DEAD_AFTER_MS} milliseconds'`;
const IS_SILENT = `heartbeat_at < now() - ${LIMIT} AND (claimed_at IS NULL OR claimed_at < now() - ${LIMIT})
  AND pg_postmaster_start_time() < now() - ${LIMIT}`;

/** Advisory locks have numbers of 64 bits. */
function lockKeyOf(hostId: string): string {
  return createHash('sha256').update(hostId).digest().readBigInt64BE().toString();
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
