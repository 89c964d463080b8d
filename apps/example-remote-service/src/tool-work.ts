import { type Answer, type Failure, fail, writeAnswer } from './envelope.ts';
import { IdempotencyMemory } from './idempotency.ts';
import { Jobs } from './jobs.ts';
import { endedEarly, workThrough } from './long-work.ts';
import { Store } from './store.ts';
import { Counter } from './tally.ts';
import { flawOfKey, type Offer, readItems, readParams, type StreamEvent, type ToolReply } from './tool-request.ts';
import type { LongTool, QuickTool, ServiceTool } from './tools.ts';

/** How the work is done. */
export interface WorkOptions {
  readonly now: () => Date;
  readonly stepMs: number;
  readonly jobLimitMs: number;
}

/** What a call asks to be done. */
export interface Order {
  readonly body: unknown;
  readonly idempotencyKey: string | undefined;
  readonly wantsStream: boolean;
}

type AnswerReply = Extract<ToolReply, { kind: 'answer' }>;
type WorkReply = AnswerReply | Extract<ToolReply, { kind: 'stream' }>;

/** Does the work of the service: everything between a parsed request and the bytes of its answer. */
export class ToolWork {
  readonly store: Store = new Store();
  readonly effects: Counter = new Counter();
  readonly jobs: Jobs;
  replays = 0;
  readonly #options: WorkOptions;
  readonly #memory = new IdempotencyMemory();

  constructor(options: WorkOptions) {
    this.#options = options;
    this.jobs = new Jobs({ now: options.now, stepMs: options.stepMs, limitMs: options.jobLimitMs });
  }

  /** One synchronous step, so that two calls with one key cannot both do the work. */
  perform(offer: Offer, order: Order): WorkReply {
    const flaw = flawOfKey(order.idempotencyKey);
    // Params come first: what cannot be done at all is the better thing to know.
    const params = readParams(order.body, offer);
    if (!params.ok) return this.answer(params.answer);
    return flaw === undefined ? this.#once(offer.tool, params.value, order) : this.answer(fail(flaw));
  }

  /** One envelope for each item, in order. Each has a key of its own, so that a repetition does what is missing. */
  performAll(offer: Offer, { body, idempotencyKey: key }: Order): AnswerReply {
    const read = readItems(body);
    if (!read.ok) return this.answer(read.answer);
    const flaw = flawOfKey(key);
    if (flaw !== undefined) return this.answer(fail(flaw));
    const envelopes = read.items.map((item, index) => this.#item(offer, item, key && `${key}\n${index}`));
    // As they were written, because an answer that is given again is the same to the byte.
    const timestamp = JSON.stringify(this.#options.now().toISOString());
    const written = `{"success":true,"result":{"items":[${envelopes.join(',')}]},"timestamp":${timestamp}}`;
    return { kind: 'answer', answer: { status: 200, body: written }, replayed: false };
  }

  answer(answer: Answer): AnswerReply {
    return { kind: 'answer', answer: writeAnswer(answer, this.#options.now()), replayed: false };
  }

  #item(offer: Offer, item: unknown, idempotencyKey: string | undefined): string {
    const params = readParams(item, offer);
    if (!params.ok) return this.answer(params.answer).answer.body;
    const reply = this.#once(offer.tool, params.value, { idempotencyKey, wantsStream: false });
    if (reply.kind === 'stream') throw new Error('nobody asked for a stream');
    return reply.answer.body;
  }

  #once(tool: ServiceTool, params: unknown, { idempotencyKey: key, wantsStream }: Omit<Order, 'body'>): WorkReply {
    // A read changes nothing, so there is nothing to protect; a remembered one would only be stale.
    const spent = key === undefined || !tool.hasEffect ? undefined : { key, params };
    const known = spent === undefined ? undefined : this.#recall(tool.name, spent);
    if (known !== undefined) return known;
    if (tool.kind === 'long' && wantsStream) return { kind: 'stream', events: this.#stream(tool, params, spent) };
    const reply = tool.kind === 'quick' ? this.#run(tool, params) : this.#start(tool, params);
    if (spent !== undefined) this.#memory.remember(tool.name, spent.key, params, reply.answer);
    return reply;
  }

  #recall(tool: string, { key, params }: Spent): AnswerReply | undefined {
    const recollection = this.#memory.recall(tool, key, params);
    switch (recollection.kind) {
      case 'new':
        return undefined;
      case 'pending':
        return this.answer(fail(stillWorking(key)));
      case 'conflict':
        return this.answer(fail(keyReused(key)));
      case 'replay':
        this.replays += 1;
        return { kind: 'answer', answer: recollection.answer, replayed: true };
    }
  }

  #run(tool: QuickTool, params: unknown): AnswerReply {
    const result = tool.run(this.store, params, this.#options.now());
    if (tool.hasEffect) this.effects.add(tool.name);
    return this.answer({ ok: true, result });
  }

  #start(tool: LongTool, params: unknown): AnswerReply {
    this.effects.add(tool.name);
    const answer = this.jobs.start(tool.run(this.store, params, this.#options.now));
    return { kind: 'answer', answer, replayed: false };
  }

  /** A reader that goes away ends the work; what was done stays done, so the key is spent. */
  async *#stream(
    tool: LongTool,
    params: unknown,
    spent: Spent | undefined,
  ): AsyncGenerator<StreamEvent, undefined, undefined> {
    this.effects.add(tool.name);
    if (spent !== undefined) this.#memory.remember(tool.name, spent.key, spent.params);
    const controller = new AbortController();
    const { stepMs, now } = this.#options;
    let answer = endedEarly('cancelled');
    let written = writeAnswer(answer, now());
    try {
      const work = workThrough(tool.run(this.store, params, now), { stepMs, signal: controller.signal });
      let step = await work.next();
      for (; step.done !== true; step = await work.next()) {
        yield { event: 'progress', data: JSON.stringify(step.value) };
      }
      answer = step.value;
    } finally {
      controller.abort();
      written = writeAnswer(answer, now());
      if (spent !== undefined) this.#memory.remember(tool.name, spent.key, spent.params, written);
    }
    yield { event: answer.ok ? 'result' : 'error', data: written.body };
  }
}

interface Spent {
  readonly key: string;
  readonly params: unknown;
}

function stillWorking(key: string): Failure {
  const message = `the call with the idempotency key '${key}' is still being worked on`;
  return { status: 409, code: 'IN_PROGRESS', message, retriable: true };
}

function keyReused(key: string): Failure {
  const message = `the idempotency key '${key}' was used with another body`;
  return { status: 409, code: 'IDEMPOTENCY_KEY_REUSED', message, retriable: false };
}
