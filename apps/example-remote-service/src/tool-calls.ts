import { setTimeout as wait } from 'node:timers/promises';
import { type Answer, fail, type WrittenAnswer, writeAnswer } from './envelope.ts';
import type { FaultOutcome, FaultPlan } from './faults.ts';
import { IdempotencyMemory } from './idempotency.ts';
import { compileParams, type ParamCheck, type ParamProblem } from './params.ts';
import { Store } from './store.ts';
import { Counter, type ServiceState } from './tally.ts';
import { SERVICE_TOOLS, type ServiceTool } from './tools.ts';

/** One request for a tool, as it came in. */
export interface ToolRequest {
  readonly tool: string;
  readonly body: unknown;
  readonly idempotencyKey: string | undefined;
}

/** How a call ends on the wire. */
export type ToolReply =
  | {
      readonly kind: 'answer';
      readonly answer: WrittenAnswer;
      readonly replayed: boolean;
      readonly retryAfterS?: number;
    }
  | { readonly kind: 'cut' }
  | { readonly kind: 'half'; readonly answer: WrittenAnswer };

interface Offer {
  readonly tool: ServiceTool;
  readonly check: ParamCheck;
}

const OFFERS: ReadonlyMap<string, Offer> = new Map(
  SERVICE_TOOLS.map((tool) => [tool.name, { tool, check: compileParams(tool.inputSchema) }]),
);

/** Visible ASCII, as in the IETF draft of the header; the length is ours. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** Does the work of the service: everything between a parsed request and the bytes of its answer. */
export class ToolCalls {
  faults: FaultPlan;
  readonly #now: () => Date;
  readonly #store = new Store();
  readonly #memory = new IdempotencyMemory();
  readonly #requests = new Counter();
  readonly #effects = new Counter();
  readonly #faulted = new Counter();
  #calls = 0;
  #replays = 0;

  constructor(options: { readonly faults: FaultPlan; readonly now: () => Date }) {
    this.faults = options.faults;
    this.#now = options.now;
  }

  /** Waits only for a latency fault; everything after it is one synchronous step, so that two calls with one key cannot both do the work. */
  async call(request: ToolRequest): Promise<ToolReply> {
    const offer = OFFERS.get(request.tool);
    this.#requests.add(offer === undefined ? 'unknown' : request.tool);
    if (offer === undefined) return this.#answer(fail(unknownTool(request.tool)));
    this.#calls += 1;
    const { latencyMs, outcome } = this.faults({ tool: request.tool, number: this.#calls });
    if (latencyMs > 0) {
      this.#faulted.add('latency');
      await wait(latencyMs, undefined, { ref: false });
    }
    if (outcome.kind !== 'answer') this.#faulted.add(outcome.kind);
    return this.#end(outcome, offer, request);
  }

  state(): ServiceState {
    return {
      requests: this.#requests.toRecord(),
      effects: this.#effects.toRecord(),
      replays: this.#replays,
      faults: this.#faulted.toRecord(),
      messages: this.#store.messages.length,
      posts: this.#store.posts.length,
    };
  }

  #end(outcome: FaultOutcome, offer: Offer, request: ToolRequest): ToolReply {
    switch (outcome.kind) {
      case 'reset':
        return { kind: 'cut' };
      case 'status':
        return this.#injected(outcome);
      case 'drop':
        this.#perform(offer, request);
        return { kind: 'cut' };
      case 'truncate': {
        const reply = this.#perform(offer, request);
        return reply.kind === 'answer' ? { kind: 'half', answer: reply.answer } : reply;
      }
      case 'answer':
        return this.#perform(offer, request);
    }
  }

  #injected({ status, retryAfterS }: Extract<FaultOutcome, { kind: 'status' }>): ToolReply {
    const retriable = status === 429 || status === 503;
    const failure = { status, code: 'INJECTED_FAULT', message: `this ${status} was asked for with --fault`, retriable };
    return { ...this.#answer(fail(failure)), ...(retryAfterS === undefined ? {} : { retryAfterS }) };
  }

  #perform(offer: Offer, { body, idempotencyKey: key }: ToolRequest): ToolReply {
    const params = readParams(body, offer);
    if (!params.ok) return this.#answer(params.answer);
    if (key !== undefined && !IDEMPOTENCY_KEY.test(key)) return this.#answer(fail(badKey));
    // A read changes nothing, so there is nothing to protect; a remembered one would only be stale.
    if (key === undefined || !offer.tool.hasEffect) return this.#run(offer.tool, params.value);
    const recollection = this.#memory.recall(offer.tool.name, key, params.value);
    if (recollection.kind === 'conflict') return this.#answer(fail(keyReused(key)));
    if (recollection.kind === 'replay') {
      this.#replays += 1;
      return { kind: 'answer', answer: recollection.answer, replayed: true };
    }
    const reply = this.#run(offer.tool, params.value);
    this.#memory.remember(offer.tool.name, key, params.value, reply.answer);
    return reply;
  }

  #run(tool: ServiceTool, params: unknown): Extract<ToolReply, { kind: 'answer' }> {
    const result = tool.run(this.#store, params, this.#now());
    if (tool.hasEffect) this.#effects.add(tool.name);
    return this.#answer({ ok: true, result });
  }

  #answer(answer: Answer): Extract<ToolReply, { kind: 'answer' }> {
    return { kind: 'answer', answer: writeAnswer(answer, this.#now()), replayed: false };
  }
}

type ReadParams = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly answer: Answer };

/** Splits `context` off, whatever keys it holds, and checks the rest. */
function readParams(body: unknown, { check }: Offer): ReadParams {
  if (!isObject(body)) return { ok: false, answer: fail(notAnObject) };
  const { context, ...params } = body;
  const problems = [...contextProblems(context), ...check(params)];
  return problems.length === 0 ? { ok: true, value: params } : { ok: false, answer: fail(invalidParams(problems)) };
}

/** The seed's own client sends `null` where it has no context. */
function contextProblems(context: unknown): readonly ParamProblem[] {
  if (context === undefined || context === null || isObject(context)) return [];
  return [{ pointer: '/context', keyword: 'type', message: 'must be object' }];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const notAnObject = { status: 400, code: 'INVALID_BODY', message: 'the body must be a JSON object' } as const;

const badKey = {
  status: 400,
  code: 'INVALID_IDEMPOTENCY_KEY',
  message: 'Idempotency-Key must be 1 to 255 visible ASCII characters',
} as const;

function keyReused(key: string): Parameters<typeof fail>[0] {
  return {
    status: 409,
    code: 'IDEMPOTENCY_KEY_REUSED',
    message: `the idempotency key '${key}' was used with another body`,
    retriable: false,
  };
}

function unknownTool(name: string): Parameters<typeof fail>[0] {
  const known = SERVICE_TOOLS.map((tool) => tool.name);
  return { status: 404, code: 'UNKNOWN_TOOL', message: `there is no tool '${name}'`, details: { known } };
}

function invalidParams(problems: readonly ParamProblem[]): Parameters<typeof fail>[0] {
  const message = `${problems.length} of the params ${problems.length === 1 ? 'does' : 'do'} not fit`;
  return { status: 422, code: 'INVALID_PARAMS', message, details: { problems }, retriable: false };
}
