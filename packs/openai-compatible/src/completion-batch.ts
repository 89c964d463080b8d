import { isCapstanError, type JsonObject, type JsonValue, toWireError } from '@capstan/sdk';
import type { Completion } from './completion.ts';

/** One prompt of a batch. */
export interface BatchQuestion {
  readonly id: string;
  readonly body: JsonObject;
}

/** What became of one item. */
type BatchResult =
  | { readonly status: 'succeeded'; readonly completion: Completion }
  | { readonly status: 'failed'; readonly error: JsonObject };

interface BatchOptions {
  readonly questions: readonly BatchQuestion[];
  readonly ask: (body: JsonObject) => Promise<Completion>;
  /** Aborted when there is no more time. */
  readonly signal: AbortSignal;
  readonly onResult: (done: number) => void;
}

/**
 * Answers many prompts, several at a time.
 *
 * 1. Each item ends once: with a result, or it remains.
 * 2. Nothing begins once the signal is aborted, and what is cut off by it remains.
 * 3. A key that is refused is refused for all: what has not begun by then remains.
 */
export class CompletionBatch {
  readonly #options: BatchOptions;
  readonly #results = new Map<string, BatchResult>();
  #next = 0;
  #isRefused = false;

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  /** @param concurrency How many at once. @throws what is no failure of the API. */
  async run(concurrency: number): Promise<void> {
    const workers = Math.min(concurrency, this.#options.questions.length);
    await Promise.all(Array.from({ length: workers }, () => this.#work()));
  }

  /** The result of the tool. */
  summary(): JsonObject {
    const { questions } = this.#options;
    const results = questions.flatMap(({ id }) => {
      const result = this.#results.get(id);
      return result === undefined ? [] : [resultJson(id, result)];
    });
    const failed = [...this.#results.values()].filter(({ status }) => status === 'failed').length;
    const remaining = questions.map(({ id }) => id).filter((id) => !this.#results.has(id));
    return { results, succeeded: results.length - failed, failed, remaining, usage: this.#usage() };
  }

  async #work(): Promise<void> {
    const { questions, signal, onResult } = this.#options;
    for (let question = questions[this.#next++]; question; question = questions[this.#next++]) {
      if (signal.aborted || this.#isRefused) return; // 2, 3
      const result = await this.#ask(question);
      if (result === undefined) return; // 2
      this.#results.set(question.id, result);
      onResult(this.#results.size);
    }
  }

  async #ask({ body }: BatchQuestion): Promise<BatchResult | undefined> {
    try {
      return { status: 'succeeded', completion: await this.#options.ask(body) };
    } catch (cause) {
      if (this.#options.signal.aborted) return undefined;
      if (!isCapstanError(cause)) throw cause;
      if (cause.code === 'CAPSTAN_REMOTE_AUTH') this.#isRefused = true;
      const { code, message, hint, retriable } = toWireError(cause);
      return { status: 'failed', error: { code, message, hint, retriable } };
    }
  }

  #usage(): JsonObject {
    const usage: Record<string, number> = {};
    for (const result of this.#results.values()) {
      if (result.status === 'failed') continue;
      for (const [name, count] of Object.entries(result.completion.usage ?? {})) {
        if (typeof count === 'number') usage[name] = (usage[name] ?? 0) + count;
      }
    }
    return usage;
  }
}

function resultJson(id: string, result: BatchResult): JsonValue {
  if (result.status === 'failed') return { id, status: 'failed', error: result.error };
  const { completion, finishReason } = result.completion;
  return { id, status: 'succeeded', completion, finish_reason: finishReason };
}
