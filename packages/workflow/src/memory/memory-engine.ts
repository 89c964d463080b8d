import { CapstanError, type InvocationOutcome, type JsonValue, toWireError } from '@capstan/sdk';
import type { WorkflowDefinition } from '../definition/workflow-definition.ts';
import type {
  ApprovalAnswer,
  ListRunsQuery,
  RunPage,
  RunPlace,
  StartRunRequest,
  WaitOptions,
  WorkflowEngine,
} from '../engine.ts';
import { interpretWorkflow } from '../run/interpret-workflow.ts';
import { keptByFork, keptByResume } from '../run/kept-outcomes.ts';
import { inputsOf } from '../run/run-context.ts';
import type { CallTool, RunStart, StepChange, Timer, ToolCall } from '../run/run-environment.ts';
import { newRunId, runIdOf } from '../run/run-id.ts';
import { type RunView, runView } from '../run/run-view.ts';
import type { RunResult, StepOutcome } from '../run/step-outcome.ts';
import { systemTimer } from '../run/system-timer.ts';
import { MemoryJournal } from './memory-journal.ts';

/** What an engine in memory runs on. */
export interface MemoryEngineOptions {
  readonly timer?: Timer;
  readonly random?: () => number;
  /** How many runs are remembered after their end (1,000). */
  readonly maxEnded?: number;
}

interface MemoryRun {
  readonly definition: WorkflowDefinition;
  start: RunStart;
  attempt: number;
  journal: MemoryJournal;
  cancel: AbortController;
  readonly outcomes: Map<string, StepOutcome>;
  readonly started: Map<string, number>;
  result: RunResult | undefined;
  endedAt: number | undefined;
  ended: PromiseWithResolvers<RunResult>;
  readonly listeners: Set<() => void>;
}

const DEFAULT_MAX_ENDED = 1_000;
const DEFAULT_LIMIT = 50;

/** An engine without a database: the same runs, forgotten when the process ends. */
export function createMemoryEngine(options: MemoryEngineOptions = {}): WorkflowEngine {
  return new MemoryEngine(options);
}

class MemoryEngine implements WorkflowEngine {
  readonly isDurable = false;
  readonly #timer: Timer;
  readonly #random: () => number;
  readonly #maxEnded: number;
  readonly #runs = new Map<string, MemoryRun>();
  #call: CallTool | undefined;
  #isClosing = false;

  constructor({ timer, random, maxEnded }: MemoryEngineOptions) {
    this.#timer = timer ?? systemTimer;
    this.#random = random ?? Math.random;
    this.#maxEnded = maxEnded ?? DEFAULT_MAX_ENDED;
  }

  async open(call: CallTool): Promise<void> {
    this.#call = call;
  }

  async start(request: StartRunRequest): Promise<string> {
    const { definition, idempotencyKey, inputs, depth = 0, ...rest } = request;
    const runId = idempotencyKey === undefined ? newRunId() : runIdOf(idempotencyKey);
    if (this.#runs.has(runId)) return runId;
    const run = {
      ...rest,
      runId,
      inputs: inputsOf(definition, inputs),
      startedAt: this.#timer.now(),
      given: {},
      depth,
    };
    this.#begin(definition, run);
    return runId;
  }

  async result(place: RunPlace, { timeoutMs, signal }: WaitOptions = {}): Promise<RunResult | undefined> {
    const run = this.#run(place);
    if (timeoutMs === undefined && signal === undefined) return run.ended.promise;
    const over = new AbortController();
    const late = Promise.withResolvers<undefined>();
    const onAbort = (): void => late.resolve(undefined);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (timeoutMs !== undefined) void this.#timer.sleep(timeoutMs, over.signal).then(onAbort);
    try {
      return await Promise.race([run.ended.promise, late.promise]);
    } finally {
      over.abort();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async find(place: RunPlace): Promise<RunView | undefined> {
    const run = this.#runs.get(place.runId);
    return run?.start.workspace === place.workspace ? this.#view(run) : undefined;
  }

  async list({ workspace, state, tool, limit = DEFAULT_LIMIT, cursor }: ListRunsQuery): Promise<RunPage> {
    const views = [...this.#runs.values()]
      .filter((run) => run.start.workspace === workspace && (tool === undefined || run.start.tool === tool))
      .toReversed()
      .map((run) => this.#view(run))
      .filter((view) => state === undefined || view.state === state);
    const from = cursor === undefined ? 0 : views.findIndex(({ id }) => id === cursor) + 1;
    const items = views.slice(from, from + limit);
    const last = items.at(-1);
    return { items, ...(last !== undefined && from + limit < views.length ? { nextCursor: last.id } : {}) };
  }

  async cancel(place: RunPlace): Promise<void> {
    const run = this.#run(place);
    if (run.result !== undefined) throw new CapstanError('CAPSTAN_CONFLICT', 'the run is over already');
    run.cancel.abort();
  }

  async resume(place: RunPlace): Promise<void> {
    const run = this.#run(place);
    const given = keptByResume(run.result, run.outcomes);
    run.attempt += 1;
    run.start = { ...run.start, given };
    run.outcomes.clear();
    run.started.clear();
    run.result = undefined;
    run.endedAt = undefined;
    run.journal = new MemoryJournal(this.#timer);
    run.cancel = new AbortController();
    run.ended = Promise.withResolvers();
    this.#go(run);
  }

  async fork(place: RunPlace, fromStep: string): Promise<string> {
    const { definition, start, outcomes } = this.#run(place);
    const given = keptByFork(definition, fromStep, outcomes);
    const runId = newRunId();
    this.#begin(definition, { ...start, runId, given, startedAt: this.#timer.now() });
    return runId;
  }

  async send(place: RunPlace, event: string, payload: JsonValue): Promise<void> {
    this.#run(place).journal.deliver('event', event, payload);
  }

  async approve(place: RunPlace, step: string, answer: ApprovalAnswer): Promise<void> {
    const run = this.#run(place);
    if (!run.journal.waits.has(step) && !run.definition.steps.some(({ id }) => id === step)) {
      throw new CapstanError('CAPSTAN_NOT_FOUND', `the run has no step '${step}'`);
    }
    const name = run.journal.waits.get(step)?.name ?? step;
    run.journal.deliver('approval', name, { ...answer });
  }

  async schedule(): Promise<void> {}

  watch(place: RunPlace, listener: () => void): () => void {
    const { listeners } = this.#run(place);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const running = [...this.#runs.values()].filter(({ result }) => result === undefined);
    for (const { cancel } of running) cancel.abort();
    await Promise.all(running.map(({ ended }) => ended.promise));
  }

  #begin(definition: WorkflowDefinition, start: RunStart): void {
    const run: MemoryRun = {
      definition,
      start,
      attempt: 1,
      journal: new MemoryJournal(this.#timer),
      cancel: new AbortController(),
      outcomes: new Map(),
      started: new Map(),
      result: undefined,
      endedAt: undefined,
      ended: Promise.withResolvers(),
      listeners: new Set(),
    };
    this.#runs.set(start.runId, run);
    this.#go(run);
  }

  #go(run: MemoryRun): void {
    const call = this.#call;
    if (call === undefined) throw new Error('the engine was not opened');
    const environment = {
      call: (toolCall: ToolCall) => (this.#isClosing ? Promise.resolve(closing()) : call(toolCall)),
      timer: this.#timer,
      random: this.#random,
      journal: run.journal,
      cancelled: run.cancel.signal,
      onChange: (change: StepChange) => this.#changed(run, change),
    };
    interpretWorkflow(run.definition, run.start, environment)
      .catch((cause: unknown): RunResult => {
        const error = new CapstanError('CAPSTAN_INTERNAL', `the run ${run.start.runId} broke`, { cause });
        return { state: 'failed', error: toWireError(error), compensations: [] };
      })
      .then((result) => this.#end(run, result));
  }

  #changed(run: MemoryRun, change: StepChange): void {
    if (change.kind === 'started') run.started.set(change.step, change.at);
    if (change.kind === 'ended') run.outcomes.set(change.step, change.outcome);
    for (const listener of run.listeners) listener();
  }

  #end(run: MemoryRun, result: RunResult): void {
    run.result = result;
    run.endedAt = this.#timer.now();
    run.ended.resolve(result);
    for (const listener of run.listeners) listener();
    this.#forget();
  }

  /** Runs stand in the order of their start, so that the first that ended is among the oldest. */
  #forget(): void {
    const ended = [...this.#runs].filter(([, { result }]) => result !== undefined);
    for (const [id] of ended.slice(0, Math.max(0, ended.length - this.#maxEnded))) this.#runs.delete(id);
  }

  #view(run: MemoryRun): RunView {
    const { definition, start, attempt, outcomes, started, result, endedAt, journal } = run;
    return runView({
      definition,
      run: start,
      attempt,
      isDurable: false,
      outcomes,
      started,
      waits: journal.waits,
      result,
      endedAt,
    });
  }

  #run({ workspace, runId }: RunPlace): MemoryRun {
    const run = this.#runs.get(runId);
    if (run?.start.workspace === workspace) return run;
    throw new CapstanError('CAPSTAN_NOT_FOUND', `there is no run ${JSON.stringify(runId.slice(0, 64))} here`, {
      hint: 'List the runs with "capstan workflow runs"; runs in memory are forgotten when the host stops.',
    });
  }
}

/** Nothing is tried again in a host that stops. */
function closing(): InvocationOutcome {
  const error = new CapstanError('CAPSTAN_DRAINING', 'the host stopped, and its runs with it', { retriable: false });
  return { status: 'failed', executionId: '', error };
}
