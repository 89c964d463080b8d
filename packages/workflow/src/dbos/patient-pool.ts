import { Pool, type PoolClient, type PoolConfig } from 'pg';
import { isAway } from './patient-query.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

type Done = (error: Error | undefined, client: PoolClient | undefined, release: (error?: unknown) => void) => void;

/**
 * A pool that waits for a database that is away. DBOS waits too, but not for every way in which one is: the socket of a
 * database on the same machine is gone while it restarts (ENOENT), which DBOS takes for an error of the run.
 */
export class PatientPool extends Pool {
  #isEnding = false;

  constructor(config: PoolConfig) {
    super(config);
  }

  override connect(): Promise<PoolClient>;
  override connect(done: Done): void;
  override connect(done?: Done): Promise<PoolClient> | undefined {
    const connected = this.#connect();
    if (done === undefined) return connected;
    connected.then(
      (client) => done(undefined, client, (error) => client.release(error === undefined ? undefined : true)),
      (error: Error) => done(error, undefined, () => {}),
    );
    return undefined;
  }

  override end(): Promise<void> {
    this.#isEnding = true;
    return super.end();
  }

  async #connect(): Promise<PoolClient> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      try {
        return await super.connect();
      } catch (error) {
        if (!isAway(error) || this.#isEnding) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }
}
