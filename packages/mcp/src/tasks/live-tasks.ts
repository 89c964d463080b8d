import type { JsonObject } from '@capstan/sdk';
import { ProtocolError, ProtocolErrorCode, type Result } from '@modelcontextprotocol/server';
import { isSameCaller } from '../caller-info.ts';
import type { McpCaller } from '../gateway.ts';
import type { LiveCall } from '../live-call.ts';
import { isObject } from '../upstream/message.ts';
import type { LongRunningCall, LongRunningState } from './long-running.ts';

/** Bounds of {@link LiveTasks}. */
export interface LiveTaskLimits {
  readonly total: number;
  readonly perCaller: number;
  /** From the beginning of the call; what still runs then is cancelled. */
  readonly ttlMs: number;
}

/**
 * Calls of this process that clients follow as tasks.
 *
 * 1. A task belongs to the caller who made the call; for anybody else it does not exist.
 * 2. Their number is bounded, in all and per caller; one that has ended makes room, one that runs never does.
 * 3. After its time a task is gone, and what still ran is cancelled. The timers keep no process alive.
 */
export class LiveTasks {
  readonly #tasks = new Map<string, LiveTask>();
  readonly #limits: LiveTaskLimits;
  readonly #newId: () => string;
  readonly #now: () => number;

  constructor(options: {
    readonly limits: LiveTaskLimits;
    readonly newId: () => string;
    readonly now: () => number;
  }) {
    this.#limits = options.limits;
    this.#newId = options.newId;
    this.#now = options.now;
  }

  /** Keeps a call that goes on; undefined where there is no room. */
  keep(call: LiveCall<Result>, caller: McpCaller): { readonly id: string; readonly task: LongRunningCall } | undefined {
    const { total, perCaller, ttlMs } = this.#limits;
    const own = [...this.#tasks].filter(([, task]) => isSameCaller(task.caller, caller));
    if (own.length >= perCaller && !this.#makeRoom(own)) return undefined;
    if (this.#tasks.size >= total && !this.#makeRoom([...this.#tasks])) return undefined;
    const id = `task_${this.#newId()}`;
    const timer = setTimeout(() => this.#drop(id), ttlMs);
    timer.unref();
    const task = new LiveTask({ call, caller, ttlMs, timer, now: this.#now });
    this.#tasks.set(id, task);
    return { id, task };
  }

  /** 1 */
  find(caller: McpCaller, id: string): LongRunningCall | undefined {
    const task = this.#tasks.get(id);
    return task !== undefined && isSameCaller(task.caller, caller) ? task : undefined;
  }

  /** Cancels what runs, and forgets all. */
  close(): void {
    for (const id of [...this.#tasks.keys()]) this.#drop(id);
  }

  #makeRoom(tasks: readonly (readonly [string, LiveTask])[]): boolean {
    const ended = tasks.find(([, task]) => task.hasEnded);
    if (ended !== undefined) this.#drop(ended[0]);
    return ended !== undefined;
  }

  #drop(id: string): void {
    const task = this.#tasks.get(id);
    this.#tasks.delete(id);
    clearTimeout(task?.timer);
    task?.cancel();
  }
}

class LiveTask implements LongRunningCall {
  readonly caller: McpCaller;
  readonly createdAt: number;
  readonly ttlMs: number;
  readonly timer: NodeJS.Timeout;
  readonly #call: LiveCall<Result>;
  #updatedAt: number;
  #isCancelled = false;

  constructor(parts: {
    readonly call: LiveCall<Result>;
    readonly caller: McpCaller;
    readonly ttlMs: number;
    readonly timer: NodeJS.Timeout;
    readonly now: () => number;
  }) {
    const { call, caller, ttlMs, timer, now } = parts;
    this.#call = call;
    this.caller = caller;
    this.ttlMs = ttlMs;
    this.timer = timer;
    this.createdAt = now();
    this.#updatedAt = this.createdAt;
    call.watch(() => {
      this.#updatedAt = now();
    });
  }

  get updatedAt(): number {
    return this.#updatedAt;
  }

  get hasEnded(): boolean {
    return this.#isCancelled || this.#call.standing.kind !== 'running';
  }

  state(): LongRunningState {
    if (this.#isCancelled) return { kind: 'cancelled' };
    const { standing } = this.#call;
    if (standing.kind === 'answered') return { kind: 'completed', result: standing.answer as JsonObject };
    if (standing.kind === 'failed') return { kind: 'failed', error: errorOf(standing.failure) };
    const questions = this.#call.openQuestions();
    const { message } = standing;
    const said = message === undefined ? {} : { message };
    if (questions.length === 0) return { kind: 'working', ...said };
    const requests = questions.map(({ key, method, params }) => [key, { method, ...(params ? { params } : {}) }]);
    return { kind: 'input_required', requests: Object.fromEntries(requests), ...said };
  }

  answer(responses: JsonObject): void {
    for (const [key, answer] of Object.entries(responses)) {
      if (isObject(answer)) this.#call.reply(key, answer as JsonObject);
    }
  }

  cancel(): void {
    if (this.hasEnded) return;
    this.#isCancelled = true;
    this.#call.cancel(new Error('the client cancelled the task'));
  }
}

/** The message of a defect is for the operator alone. */
function errorOf(failure: unknown): { readonly code: number; readonly message: string } {
  if (failure instanceof ProtocolError) return { code: failure.code, message: failure.message };
  return { code: ProtocolErrorCode.InternalError, message: 'Internal error' };
}
