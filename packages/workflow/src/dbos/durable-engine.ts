import { randomUUID } from 'node:crypto';
import { CapstanError, type JsonValue, type Logger } from '@capstan/sdk';
import { DBOS, DBOSWorkflowConflictError, type WorkflowHandle } from '@dbos-inc/dbos-sdk';
import { Client, type Pool } from 'pg';
import type {
  ApprovalAnswer,
  ListRunsQuery,
  RunPage,
  RunPlace,
  RunSummary,
  ScheduledWorkflow,
  StartRunRequest,
  WaitOptions,
  WorkflowEngine,
} from '../engine.ts';
import { interpretWorkflow } from '../run/interpret-workflow.ts';
import { keptByFork, keptByResume } from '../run/kept-outcomes.ts';
import { inputsOf } from '../run/run-context.ts';
import type { CallTool, RunStart } from '../run/run-environment.ts';
import { newRunId, runIdOf } from '../run/run-id.ts';
import { type RunView, runView } from '../run/run-view.ts';
import type { RunResult } from '../run/step-outcome.ts';
import { systemTimer } from '../run/system-timer.ts';
import { recoverRun, recoverRunsOf } from './dbos-recovery.ts';
import { launch, outsideOfRuns, type RecordedStart, type RunFunctions, shutdown } from './dbos-runtime.ts';
import { DefinitionBook } from './definition-book.ts';
import { DurableJournal } from './durable-journal.ts';
import { HostLease } from './host-lease.ts';
import { PatientPool } from './patient-pool.ts';
import { isAway } from './patient-query.ts';
import { attemptIdOf, lastAttempt, recordedOutcomes, recordedWaits, recordOf } from './run-records.ts';
import { RunSignals } from './run-signals.ts';
import { makeTables } from './tables.ts';

/** What a durable engine runs on. */
export interface DurableEngineOptions {
  /** `postgres://…`; a secret. */
  readonly databaseUrl: string;
  readonly logger: Logger;
  /** How many connections (10), beside the one that holds the host's lock. */
  readonly poolSize?: number;
  readonly random?: () => number;
}

const DEFAULT_POOL_SIZE = 10;
const DEFAULT_LIMIT = 50;
const PAGE = 200;
const WATCH_MS = 500;
const RESULT_POLL_MS = 100;

/**
 * Connects to Postgres and makes its tables; runs begin with `open`. One process has one such engine at most.
 * @throws CapstanError CAPSTAN_STORE_UNAVAILABLE where the database cannot be reached
 */
export async function createDurableEngine(options: DurableEngineOptions): Promise<WorkflowEngine> {
  // One that was never there is an error; one that goes away is waited for.
  await reach(options.databaseUrl);
  const pool = new PatientPool({
    connectionString: options.databaseUrl,
    max: options.poolSize ?? DEFAULT_POOL_SIZE,
    keepAlive: true,
  });
  const onError = (cause: unknown): void => options.logger.warn('a connection of the workflows broke', { cause });
  pool.on('error', onError);
  // The pool listens to connections that are idle; one in use would end the process.
  pool.on('connect', (client) => client.on('error', onError));
  try {
    await makeTables(pool);
  } catch (cause) {
    await pool.end();
    throw new CapstanError('CAPSTAN_STORE_UNAVAILABLE', 'the database of the workflows cannot be used', { cause });
  }
  return new DurableEngine(pool, options);
}

async function reach(connectionString: string): Promise<void> {
  const client = new Client({ connectionString });
  try {
    await client.connect();
    await client.end();
  } catch (cause) {
    throw new CapstanError('CAPSTAN_STORE_UNAVAILABLE', 'the database of the workflows cannot be reached', { cause });
  }
}

class DurableEngine implements WorkflowEngine {
  readonly isDurable = true;
  readonly #pool: Pool;
  readonly #logger: Logger;
  readonly #random: () => number;
  readonly #definitions: DefinitionBook;
  readonly #signals: RunSignals;
  readonly #lease: HostLease;
  readonly #hostId = `host_${randomUUID()}`;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #results = new Map<string, Promise<RunResult>>();
  #functions: RunFunctions | undefined;
  #call: CallTool | undefined;

  constructor(pool: Pool, { logger, databaseUrl, random }: DurableEngineOptions) {
    this.#pool = pool;
    this.#logger = logger;
    this.#random = random ?? Math.random;
    this.#definitions = new DefinitionBook(pool);
    this.#signals = new RunSignals(pool, logger);
    this.#lease = new HostLease({
      pool,
      databaseUrl,
      hostId: this.#hostId,
      logger,
      recover: (hostId) => recoverRunsOf(hostId, pool),
      onNotice: (runId) => this.#noticed(runId),
    });
  }

  async open(call: CallTool): Promise<void> {
    this.#call = call;
    await this.#lease.start();
    this.#functions = await launch(
      { run: (start) => this.#interpret(start), scheduled: (at, context) => this.#scheduled(at, context) },
      { pool: this.#pool, hostId: this.#hostId, logger: this.#logger },
    );
  }

  async start(request: StartRunRequest): Promise<string> {
    const { definition, idempotencyKey, inputs, depth = 0, ...rest } = request;
    await this.#definitions.keep(definition);
    const runId = idempotencyKey === undefined ? newRunId() : runIdOf(idempotencyKey);
    const run = { ...rest, runId, inputs: inputsOf(definition, inputs), startedAt: Date.now(), given: {}, depth };
    await this.#begin({ digest: definition.digest, attempt: 1, run });
    return runId;
  }

  async result(place: RunPlace, options: WaitOptions = {}): Promise<RunResult | undefined> {
    const { timeoutMs, signal } = options;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const onAbort = (): void => resolve(undefined);
    const timer = timeoutMs === undefined ? undefined : setTimeout(onAbort, timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const over = new AbortController();
    try {
      return await Promise.race([this.#untilEnd(place, over.signal), promise]);
    } finally {
      over.abort();
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async find(place: RunPlace): Promise<RunView | undefined> {
    const record = await outsideOfRuns(() => lastAttempt(place)).catch((error: unknown) => {
      if (error instanceof CapstanError && error.code === 'CAPSTAN_NOT_FOUND') return undefined;
      throw error;
    });
    if (record === undefined) return undefined;
    const { start, result, endedAt } = record;
    const definition = await this.#definitions.find(start.digest);
    const { outcomes } = await outsideOfRuns(() => recordedOutcomes(record.id));
    const waits = result === undefined ? await recordedWaits(this.#pool, start) : new Map();
    const { run, attempt } = start;
    return runView({ definition, run, attempt, isDurable: true, outcomes, waits, result, endedAt });
  }

  async list({ workspace, state, tool, limit = DEFAULT_LIMIT, cursor }: ListRunsQuery): Promise<RunPage> {
    const items: RunSummary[] = [];
    let offset = cursor === undefined ? 0 : Number.parseInt(cursor, 10) || 0;
    for (;;) {
      const page = await outsideOfRuns(() =>
        DBOS.listWorkflows({
          workflowName: 'capstan_run',
          attributes: { workspace, ...(tool === undefined ? {} : { tool }) },
          sortDesc: true,
          limit: Math.min(PAGE, state === undefined ? limit + 1 : PAGE),
          offset,
          loadInput: true,
          loadOutput: true,
        }),
      );
      for (const status of page) {
        if (items.length === limit) return { items, nextCursor: String(offset) };
        offset += 1;
        const summary = status.attributes?.superseded === true ? undefined : summaryOf(recordOf(status));
        if (summary !== undefined && (state === undefined || summary.state === state)) items.push(summary);
      }
      if (page.length === 0) return { items };
    }
  }

  async cancel(place: RunPlace): Promise<void> {
    const { start, result } = await outsideOfRuns(() => lastAttempt(place));
    if (result !== undefined) throw new CapstanError('CAPSTAN_CONFLICT', 'the run is over already');
    await this.#signals.send(place.runId, 'cancel', String(start.attempt), null);
    this.#signals.look();
  }

  async resume(place: RunPlace): Promise<void> {
    const { id, start, result } = await outsideOfRuns(() => lastAttempt(place));
    const { outcomes } = await outsideOfRuns(() => recordedOutcomes(id));
    const given = keptByResume(result, outcomes);
    await this.#pool.query(
      `UPDATE dbos.workflow_status SET attributes = attributes || '{"superseded": true}' WHERE workflow_uuid = $1`,
      [id],
    );
    await this.#begin({ ...start, attempt: start.attempt + 1, run: { ...start.run, given } });
  }

  async fork(place: RunPlace, fromStep: string): Promise<string> {
    const { id, start } = await outsideOfRuns(() => lastAttempt(place));
    const { outcomes } = await outsideOfRuns(() => recordedOutcomes(id));
    const given = keptByFork(await this.#definitions.find(start.digest), fromStep, outcomes);
    const run: RunStart = { ...start.run, runId: newRunId(), given, startedAt: Date.now() };
    await this.#begin({ digest: start.digest, attempt: 1, run });
    return run.runId;
  }

  async send(place: RunPlace, event: string, payload: JsonValue): Promise<void> {
    await outsideOfRuns(() => lastAttempt(place));
    await this.#signals.send(place.runId, 'event', event, payload);
  }

  async approve(place: RunPlace, step: string, answer: ApprovalAnswer): Promise<void> {
    const { start } = await outsideOfRuns(() => lastAttempt(place));
    const { steps } = await this.#definitions.find(start.digest);
    if (!steps.some(({ id }) => id === step)) {
      throw new CapstanError('CAPSTAN_NOT_FOUND', `the run has no step '${step}'`);
    }
    const wait = (await recordedWaits(this.#pool, start)).get(step);
    await this.#signals.send(place.runId, 'approval', wait?.name ?? step, { ...answer });
  }

  async schedule(workflows: readonly ScheduledWorkflow[]): Promise<void> {
    const { scheduled } = this.#opened();
    const known = await DBOS.listSchedules();
    const names = new Set(workflows.map(({ name }) => name));
    for (const { scheduleName } of known) if (!names.has(scheduleName)) await DBOS.deleteSchedule(scheduleName);
    for (const { start } of workflows) await this.#definitions.keep(start.definition);
    await DBOS.applySchedules(
      workflows.map(({ name, cron, start }) => ({
        scheduleName: name,
        workflowFn: scheduled,
        schedule: cron,
        // Else it is the time zone of whichever host looks.
        cronTimezone: 'UTC',
        context: { name, start: { ...start, definition: undefined }, digest: start.definition.digest },
      })),
    );
  }

  watch({ runId }: RunPlace, listener: () => void): () => void {
    const listeners = this.#listeners.get(runId) ?? new Set();
    this.#listeners.set(runId, listeners);
    listeners.add(listener);
    // The run may go on in another host.
    const timer = setInterval(listener, WATCH_MS);
    return () => {
      clearInterval(timer);
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(runId);
    };
  }

  async close(): Promise<void> {
    if (this.#functions !== undefined) await shutdown();
    this.#signals.close();
    await this.#lease.stop();
    await this.#pool.end();
  }

  #opened(): RunFunctions {
    if (this.#functions === undefined) throw new Error('the engine was not opened');
    return this.#functions;
  }

  async #begin(start: RecordedStart): Promise<void> {
    const { run } = this.#opened();
    const { runId, workspace, tool } = start.run;
    await this.#lease.held(this.#lease.epoch);
    const handle = await outsideOfRuns(() =>
      DBOS.startWorkflow(run, {
        workflowID: attemptIdOf(runId, start.attempt),
        workflowAttributes: { workspace, ...(tool === undefined ? {} : { tool }) },
      })(start),
    );
    this.#keepResult(`${workspace} ${runId}`, handle);
  }

  /** Who waits for a run that was started here need not ask the database. */
  #keepResult(key: string, handle: WorkflowHandle<unknown>): void {
    const result = outsideOfRuns(() => handle.getResult()) as Promise<RunResult>;
    this.#results.set(key, result);
    const forget = (): void => {
      if (this.#results.get(key) === result) this.#results.delete(key);
    };
    result.then(forget, forget);
  }

  /** What DBOS runs: whenever it does, on whatever host, the same steps are asked for in the same order. */
  async #interpret(start: RecordedStart): Promise<RunResult> {
    const call = this.#call;
    if (call === undefined) throw new Error('the engine was not opened');
    const { run, attempt, digest } = start;
    const id = { runId: run.runId, attempt };
    const definition = await this.#definitions.find(digest);
    const { signal, release } = this.#signals.watch(id);
    try {
      return await interpretWorkflow(definition, run, {
        call,
        timer: systemTimer,
        random: this.#random,
        journal: new DurableJournal({ id, pool: this.#pool, lease: this.#lease, signals: this.#signals }),
        cancelled: signal,
        onChange: () => this.#changed(run.runId),
      });
    } catch (error) {
      if (!isAway(error)) throw error;
      const attemptId = attemptIdOf(run.runId, attempt);
      await recoverRun(attemptId, this.#pool);
      throw new DBOSWorkflowConflictError(attemptId);
    } finally {
      release();
      this.#changed(run.runId);
    }
  }

  async #scheduled(at: Date, context: unknown): Promise<void> {
    // It is what `schedule` gave.
    const { name, start, digest } = context as {
      readonly name: string;
      readonly digest: string;
      readonly start: Omit<StartRunRequest, 'definition'>;
    };
    const definition = await this.#definitions.find(digest);
    await this.start({
      ...start,
      definition, // Recorded as JSON, a date is a text.
      idempotencyKey: `${name} ${new Date(at).toISOString()}`,
    });
  }

  async #untilEnd(place: RunPlace, signal: AbortSignal): Promise<RunResult | undefined> {
    while (!signal.aborted) {
      const here = this.#results.get(`${place.workspace} ${place.runId}`);
      const ended = here && (await Promise.race([here.catch(() => undefined), aborted(signal)]));
      if (ended !== undefined) return ended;
      const { result } = await outsideOfRuns(() => lastAttempt(place));
      if (result !== undefined) return result;
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, RESULT_POLL_MS));
    }
    return undefined;
  }

  #noticed(runId: string): void {
    this.#signals.look();
    this.#changed(runId);
  }

  #changed(runId: string): void {
    for (const listener of this.#listeners.get(runId) ?? []) listener();
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}

function summaryOf({ start, result, endedAt }: ReturnType<typeof recordOf>): RunSummary {
  const { run, attempt } = start;
  return {
    id: run.runId,
    workspace: run.workspace,
    ...(run.tool === undefined ? {} : { tool: run.tool }),
    state: result?.state ?? 'running',
    attempt,
    principalId: run.principal.id,
    startedAt: run.startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(result?.state === 'failed' ? { error: result.error } : {}),
  };
}
