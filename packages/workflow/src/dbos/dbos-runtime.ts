import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from '@capstan/sdk';
import { DBOS } from '@dbos-inc/dbos-sdk';
import type { Pool } from 'pg';
import { INTERPRETER_VERSION } from './interpreter-version.ts';
import { oneAtATime } from './tables.ts';

/** What a run is recorded with. Plain JSON. */
export interface RecordedStart {
  readonly digest: string;
  readonly attempt: number;
  readonly run: import('../run/run-environment.ts').RunStart;
}

interface RuntimeOptions {
  readonly pool: Pool;
  readonly hostId: string;
  readonly logger: Logger;
}

type RunFunction = (start: RecordedStart) => Promise<unknown>;
type ScheduleFunction = (at: Date, context: unknown) => Promise<void>;

/** How soon a schedule that changed counts. */
const SCHEDULE_POLL_MS = 2_000;

const RUN = 'capstan_run';
const SCHEDULED = 'capstan_schedule';
/** Hosts that die one after the other under a run; each recovery counts. */
const MAX_RECOVERIES = 1_000;

/** What one of DBOS's workflows is to us. */
export interface RunFunctions {
  readonly run: RunFunction;
  readonly scheduled: ScheduleFunction;
}

/** DBOS sets its context for what runs inside of it; what a call of a step starts is not part of that step. */
const outside = AsyncLocalStorage.snapshot();

/** Does something as if nothing of DBOS were around it. */
export function outsideOfRuns<Result>(work: () => Promise<Result>): Promise<Result> {
  return outside(work);
}

/** Starts DBOS in this process, which has one at most. */
export async function launch(functions: RunFunctions, { pool, hostId, logger }: RuntimeOptions): Promise<RunFunctions> {
  const run = DBOS.registerWorkflow(functions.run, { name: RUN, maxRecoveryAttempts: MAX_RECOVERIES });
  const scheduled = DBOS.registerWorkflow(functions.scheduled, { name: SCHEDULED });
  DBOS.setConfig({
    name: 'capstan',
    systemDatabasePool: pool,
    // It wants to see one, and uses the pool.
    systemDatabaseUrl: 'postgres://capstan@localhost:5432/capstan',
    executorID: hostId,
    applicationVersion: INTERPRETER_VERSION,
    serializer: PLAIN_JSON,
    tracingEnabled: false,
    schedulerPollingIntervalMs: SCHEDULE_POLL_MS,
    logger: quietLogger(logger),
  });
  // Its own migrations are not made for hosts that start together.
  await oneAtATime(pool, () => DBOS.launch());
  return { run, scheduled };
}

/** Stops DBOS in this process; what runs goes on elsewhere. */
export async function shutdown(): Promise<void> {
  await DBOS.shutdown({ deregister: true });
}

/** Everything that is recorded is JSON already. */
const PLAIN_JSON = {
  name: () => 'json',
  stringify: (value: unknown) => JSON.stringify(value ?? null),
  parse: (text: string | null | undefined): unknown => (text ? JSON.parse(text) : null),
};

/** What DBOS says of single runs is of no use to an operator, who has the runs themselves. */
function quietLogger(logger: Logger) {
  const say = (message: unknown): string => (message instanceof Error ? message.message : String(message));
  return {
    debug: (message: unknown) => logger.debug(say(message)),
    info: (message: unknown) => logger.debug(say(message)),
    warn: (message: unknown) => logger.debug(say(message)),
    error: (message: unknown) => logger.warn(say(message)),
  };
}
