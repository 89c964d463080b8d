import { type Answer, type WrittenAnswer, writeAnswer } from './envelope.ts';
import { type Ending, workThrough } from './long-work.ts';
import type { Progress, Steps } from './tools.ts';

/** How jobs run. */
export interface JobOptions {
  readonly stepMs: number;
  /** After that a job ends as `timeout`. */
  readonly limitMs: number;
  readonly now: () => Date;
}

type EndStatus = 'completed' | 'failed' | Ending;

type JobState =
  | { readonly kind: 'queued' }
  | { readonly kind: 'running'; readonly progress: Progress }
  | { readonly kind: 'ended'; readonly status: EndStatus; readonly answer: Answer };

interface Job {
  readonly id: string;
  readonly controller: AbortController;
  state: JobState;
  /** When the state became what it is: an ended job answers the same for ever. */
  since: Date;
}

const CAPACITY = 10_000;
/** To ask more often than this is a waste. */
const MIN_POLL_MS = 20;

/**
 * Work that goes on after its call was answered.
 *
 * 1. A job that has ended keeps its state.
 * 2. A job under way has one timer, which goes with it.
 */
export class Jobs {
  readonly #options: JobOptions;
  readonly #jobs = new Map<string, Job>();
  #last = 0;

  constructor(options: JobOptions) {
    this.#options = options;
  }

  /** Begins, and answers the call. */
  start(steps: Steps): WrittenAnswer {
    this.#last += 1;
    const id = `job_${this.#last}`;
    const job: Job = { id, controller: new AbortController(), state: { kind: 'queued' }, since: this.#options.now() };
    this.#jobs.set(id, job);
    this.#forgetOldest();
    void this.#run(job, steps);
    return { ...this.#write(job), status: 202 };
  }

  /** Where a job stands; undefined for one that nobody has heard of. */
  look(id: string): WrittenAnswer | undefined {
    const job = this.#jobs.get(id);
    return job === undefined ? undefined : this.#write(job);
  }

  /** Asks a job to end, and says where it stands. */
  async cancel(id: string): Promise<WrittenAnswer | undefined> {
    const job = this.#jobs.get(id);
    if (job === undefined) return undefined;
    job.controller.abort('cancelled' satisfies Ending);
    // The work notices in the next turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
    return this.#write(job);
  }

  /** Ends everything: the service stops. */
  cancelAll(): void {
    for (const { controller } of this.#jobs.values()) controller.abort('cancelled' satisfies Ending);
  }

  async #run(job: Job, steps: Steps): Promise<void> {
    const { stepMs, limitMs } = this.#options;
    const { signal } = job.controller;
    const timer = setTimeout(() => job.controller.abort('timeout' satisfies Ending), limitMs).unref(); // 2
    // The answer to the call goes out before the first step.
    await new Promise((resolve) => setImmediate(resolve));
    const work = workThrough(steps, { stepMs, signal });
    let step = await work.next();
    while (step.done !== true) {
      this.#become(job, { kind: 'running', progress: step.value });
      step = await work.next();
    }
    clearTimeout(timer); // 2
    this.#become(job, { kind: 'ended', status: statusOf(step.value), answer: step.value });
  }

  #become(job: Job, state: JobState): void {
    if (job.state.kind === 'ended') return; // 1
    job.state = state;
    job.since = this.#options.now();
  }

  #write({ id, state, since }: Job): WrittenAnswer {
    // Relative to the call's own URL, so that a path before /v1 does no harm.
    const common = { id, status_url: `../jobs/${id}` };
    if (state.kind === 'ended') {
      return { ...writeAnswer(state.answer, since, { job: { ...common, status: state.status } }), status: 200 };
    }
    const progress = state.kind === 'running' ? { progress: state.progress } : {};
    const job = {
      ...common,
      status: state.kind,
      poll_after_ms: Math.max(MIN_POLL_MS, this.#options.stepMs),
      ...progress,
    };
    return { status: 200, body: JSON.stringify({ success: true, job, timestamp: this.#options.now().toISOString() }) };
  }

  #forgetOldest(): void {
    if (this.#jobs.size <= CAPACITY) return;
    const oldest = this.#jobs.values().next().value;
    oldest?.controller.abort('cancelled' satisfies Ending);
    if (oldest !== undefined) this.#jobs.delete(oldest.id);
  }
}

function statusOf(answer: Answer): EndStatus {
  if (answer.ok) return 'completed';
  return answer.failure.code === 'TIMEOUT' ? 'timeout' : answer.failure.code === 'CANCELLED' ? 'cancelled' : 'failed';
}
