import { setTimeout as wait } from 'node:timers/promises';
import { fail } from './envelope.ts';
import type { FaultOutcome, FaultPlan } from './faults.ts';
import { Counter, type ServiceState } from './tally.ts';
import { type Lookup, lookUp, type StreamEvent, type ToolReply, type ToolRequest } from './tool-request.ts';
import { ToolWork, type WorkOptions } from './tool-work.ts';

type Known = Exclude<Lookup, { kind: 'unknown' }>;

/** Takes calls: finds their tool, lets the faults have their way, counts, and leaves the work to {@link ToolWork}. */
export class ToolCalls {
  faults: FaultPlan;
  readonly work: ToolWork;
  readonly #requests = new Counter();
  readonly #faulted = new Counter();
  #calls = 0;

  constructor(options: WorkOptions & { readonly faults: FaultPlan }) {
    this.faults = options.faults;
    this.work = new ToolWork(options);
  }

  /** Waits only for a latency fault; everything after it is one synchronous step. */
  async call(request: ToolRequest): Promise<ToolReply> {
    const found = lookUp(request.tool);
    this.#requests.add(found.kind === 'unknown' ? 'unknown' : request.tool);
    if (found.kind === 'unknown') return this.work.answer(fail(found.failure));
    this.#calls += 1;
    const { latencyMs, outcome } = this.faults({ tool: request.tool, number: this.#calls });
    if (latencyMs > 0) {
      this.#faulted.add('latency');
      await wait(latencyMs, undefined, { ref: false });
    }
    if (outcome.kind !== 'answer') this.#faulted.add(outcome.kind);
    return this.#end(outcome, found, request);
  }

  state(): ServiceState {
    const { store, effects, replays } = this.work;
    return {
      requests: this.#requests.toRecord(),
      effects: effects.toRecord(),
      replays,
      faults: this.#faulted.toRecord(),
      messages: store.messages.length,
      posts: store.posts.length,
    };
  }

  #end(outcome: FaultOutcome, found: Known, request: ToolRequest): ToolReply {
    switch (outcome.kind) {
      case 'reset':
        return { kind: 'cut' };
      case 'status':
        return this.#injected(outcome);
      case 'drop': {
        const reply = this.#perform(found, request);
        return reply.kind === 'stream' ? { kind: 'stream', events: withoutEnd(reply.events) } : { kind: 'cut' };
      }
      case 'truncate': {
        const reply = this.#perform(found, request);
        if (reply.kind === 'stream') return { kind: 'stream', events: withoutEnd(reply.events) };
        return reply.kind === 'answer' ? { kind: 'half', answer: reply.answer } : reply;
      }
      case 'answer':
        return this.#perform(found, request);
    }
  }

  #perform({ kind, offer }: Known, request: ToolRequest): ToolReply {
    return kind === 'batch' ? this.work.performAll(offer, request) : this.work.perform(offer, request);
  }

  #injected({ status, retryAfterS }: Extract<FaultOutcome, { kind: 'status' }>): ToolReply {
    const retriable = status === 429 || status === 503;
    const failure = { status, code: 'INJECTED_FAULT', message: `this ${status} was asked for with --fault`, retriable };
    return { ...this.work.answer(fail(failure)), ...(retryAfterS === undefined ? {} : { retryAfterS }) };
  }
}

/** A stream that is cut before its last event: the work was done, and the caller cannot know. */
async function* withoutEnd(events: AsyncIterable<StreamEvent>): AsyncGenerator<StreamEvent, undefined, undefined> {
  for await (const event of events) {
    if (event.event !== 'progress') throw new Error('the stream is cut');
    yield event;
  }
}
