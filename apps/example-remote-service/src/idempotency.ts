import { createHash } from 'node:crypto';
import type { WrittenAnswer } from './envelope.ts';

/** What is known of an idempotency key. */
export type Recollection =
  | { readonly kind: 'new' }
  /** The work has begun and is not done. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'replay'; readonly answer: WrittenAnswer }
  | { readonly kind: 'conflict' };

interface Remembered {
  readonly digest: string;
  /** Undefined while the work goes on. */
  readonly answer: WrittenAnswer | undefined;
}

const CAPACITY = 10_000;

/**
 * The answers given under idempotency keys, the oldest forgotten first.
 *
 * A key counts per tool. `context` is no part of the body that is compared: a caller that repeats a request under its own
 * key does so in a new invocation, with a new execution id.
 */
export class IdempotencyMemory {
  readonly #answers = new Map<string, Remembered>();

  recall(tool: string, key: string, params: unknown): Recollection {
    const remembered = this.#answers.get(scoped(tool, key));
    if (remembered === undefined) return { kind: 'new' };
    if (remembered.digest !== digestOf(params)) return { kind: 'conflict' };
    return remembered.answer === undefined ? { kind: 'pending' } : { kind: 'replay', answer: remembered.answer };
  }

  /** Without an answer: the work begins. */
  remember(tool: string, key: string, params: unknown, answer?: WrittenAnswer): void {
    this.#answers.set(scoped(tool, key), { digest: digestOf(params), answer });
    if (this.#answers.size <= CAPACITY) return;
    const oldest = this.#answers.keys().next();
    if (oldest.done !== true) this.#answers.delete(oldest.value);
  }
}

function scoped(tool: string, key: string): string {
  return `${tool}\n${key}`;
}

/** Two bodies that differ only in the order of their keys are the same body. */
function digestOf(params: unknown): string {
  return createHash('sha256').update(JSON.stringify(params, sortKeys)).digest('base64');
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
