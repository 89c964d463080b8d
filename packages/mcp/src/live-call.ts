import type { ElicitAnswer, ElicitRequest, JsonObject, ToolProgress } from '@capstan/sdk';
import type { CallerQuestion } from './upstream/caller-channel.ts';

/** A request of a tool to the client that called it, under the key by which the client answers it. */
export interface OpenQuestion {
  readonly key: string;
  /** `elicitation/create`, or another request that clients answer. */
  readonly method: string;
  readonly params: JsonObject | undefined;
}

/** What one request of the client ends with: the call's answer, or the questions that come first. */
export type CallRound<Answer> =
  /** Nothing yet: the request has waited as long as it would. */
  | { readonly kind: 'goes_on' }
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'asks'; readonly questions: readonly OpenQuestion[] };

/** How a call stands. */
export type CallStanding<Answer> =
  /** `message`: what the tool said last of its progress. */
  | { readonly kind: 'running'; readonly message: string | undefined }
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly failure: unknown };

/** What a running call needs of the client's current request. */
export interface RoundRequest {
  /** After this time the round ends without an answer; the call goes on. Default: it waits. In ms. */
  readonly patienceMs?: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (step: ToolProgress) => void;
}

type CallEnd<Answer> = { readonly answer: Answer } | { readonly failure: unknown };

interface Waiting {
  readonly method: string;
  readonly params: JsonObject | undefined;
  readonly resolve: (answer: JsonObject) => void;
}

/**
 * A call that may outlive the request that started it: revision 2026-07-28 has no way to ask during a request, so the
 * request ends with the questions, and the next request of the client brings the answers while the tool still runs.
 *
 * 1. The tool runs once; rounds only listen to it.
 * 2. At most one round listens at a time. While it does, the abort of its request aborts the call; between rounds
 *    nobody can, and the call's own deadline ends it.
 * 3. A question stays open until it is answered or the call is over; what is open then counts as cancelled.
 * 4. A question keeps the key that its asker gave it, while no open one has it. An answer that came with the first
 *    request is that of the first question with its key.
 */
export class LiveCall<Answer> {
  readonly #controller = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  readonly #open = new Map<string, Waiting>();
  readonly #early: Map<string, JsonObject>;
  #asked = 0;
  #end: CallEnd<Answer> | undefined;
  #round: RoundRequest | undefined;
  #wake: (() => void) | undefined;
  #watcher: (() => void) | undefined;
  #message: string | undefined;

  /** `early`: answers that came before their questions. */
  constructor(early: ReadonlyMap<string, JsonObject> = new Map()) {
    this.#early = new Map(early);
  }

  /** Aborted when the call is to stop. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Resolves when the call is over, however it ended. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Starts the call when the current turn is over, so that the first round already listens. */
  start(run: () => Promise<Answer>): void {
    Promise.resolve()
      .then(run)
      .then(
        (answer) => this.#settle({ answer }),
        (failure: unknown) => this.#settle({ failure }),
      );
  }

  /** Ends the call early. */
  cancel(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** What the tool calls to ask its user: it goes on when a later round has brought the answer. */
  async ask({ message, requestedSchema }: ElicitRequest): Promise<ElicitAnswer> {
    return toElicitAnswer(
      await this.askClient({ method: 'elicitation/create', params: { mode: 'form', message, requestedSchema } }),
    );
  }

  /** {@link LiveCall.ask} for any request that a client answers. */
  askClient({ method, params, key: given }: Omit<CallerQuestion, 'signal'>): Promise<JsonObject> {
    this.#asked += 1;
    const key = given === undefined || this.#open.has(given) ? `question_${this.#asked}` : given; // 4
    const early = this.#early.get(key);
    this.#early.delete(key);
    if (early !== undefined) return Promise.resolve(early);
    return new Promise((resolve) => {
      this.#open.set(key, { method, params, resolve });
      this.#tell();
    });
  }

  /** Brings an answer; one for a question that is not open is ignored. */
  reply(key: string, answer: JsonObject): void {
    const waiting = this.#open.get(key);
    this.#open.delete(key);
    waiting?.resolve(answer);
    this.#watcher?.();
  }

  /** The questions that wait for an answer. */
  openQuestions(): readonly OpenQuestion[] {
    return [...this.#open].map(([key, { method, params }]) => ({ key, method, params }));
  }

  /** What the tool calls with its progress; between rounds nobody hears it. */
  readonly progress = (step: ToolProgress): void => {
    this.#round?.onProgress?.(step);
    if (step.message !== undefined) this.#message = step.message;
    this.#watcher?.();
  };

  /** Hears of everything that changes how the call stands. */
  watch(watcher: () => void): void {
    this.#watcher = watcher;
  }

  get standing(): CallStanding<Answer> {
    if (this.#end === undefined) return { kind: 'running', message: this.#message };
    return 'failure' in this.#end
      ? { kind: 'failed', failure: this.#end.failure }
      : { kind: 'answered', answer: this.#end.answer };
  }

  /** Listens on behalf of one request of the client until there is something to send back. */
  async round(request: RoundRequest): Promise<CallRound<Answer>> {
    const abort = (): void => this.cancel(request.signal.reason);
    if (request.signal.aborted) abort();
    request.signal.addEventListener('abort', abort, { once: true });
    this.#round = request;
    let isPatient = true;
    const { patienceMs } = request;
    const timer =
      patienceMs === undefined
        ? undefined
        : setTimeout(() => {
            isPatient = false;
            this.#wake?.();
          }, patienceMs);
    try {
      while (this.#end === undefined && this.#open.size === 0 && isPatient) await this.#news();
      return this.#outcomeOfRound();
    } finally {
      clearTimeout(timer);
      this.#round = undefined;
      request.signal.removeEventListener('abort', abort);
    }
  }

  #outcomeOfRound(): CallRound<Answer> {
    if (this.#end === undefined && this.#open.size === 0) return { kind: 'goes_on' };
    if (this.#end === undefined) return { kind: 'asks', questions: this.openQuestions() };
    if ('failure' in this.#end) throw this.#end.failure;
    return { kind: 'answered', answer: this.#end.answer };
  }

  #settle(end: CallEnd<Answer>): void {
    this.#end = end;
    for (const waiting of this.#open.values()) waiting.resolve({ action: 'cancel' });
    this.#open.clear();
    this.#over.resolve();
    this.#tell();
  }

  #tell(): void {
    this.#wake?.();
    this.#watcher?.();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** What a client answered to `elicitation/create`; what is no answer counts as cancelled. */
export function toElicitAnswer({ action, content }: JsonObject): ElicitAnswer {
  if (action !== 'accept' && action !== 'decline') return { action: 'cancel' };
  const isForm = typeof content === 'object' && content !== null && !Array.isArray(content);
  return action === 'accept' && isForm ? { action, content: content as JsonObject } : { action };
}
