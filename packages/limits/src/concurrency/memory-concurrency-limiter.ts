import type { ConcurrencyLimiter, SlotRule, SlotVerdict } from './concurrency-limiter.ts';

/** Slots in the memory of this process. Keys of calls that are over take no room. Its `enter` is synchronous. */
export function createMemoryConcurrencyLimiter(): MemoryConcurrencyLimiter {
  return new MemoryConcurrencyLimiter();
}

/** Made by {@link createMemoryConcurrencyLimiter}. */
export class MemoryConcurrencyLimiter implements ConcurrencyLimiter {
  readonly #taken = new Map<string, number>();

  enter(rules: readonly SlotRule[]): Exclude<SlotVerdict, { readonly kind: 'unavailable' }> {
    const full = rules.find(({ key, limit }) => (this.#taken.get(key) ?? 0) >= limit);
    if (full !== undefined) return { kind: 'full', rule: full };
    for (const { key } of rules) this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1);
    let isInside = true;
    return {
      kind: 'entered',
      leave: () => {
        if (!isInside) return;
        isInside = false;
        for (const { key } of rules) this.#giveBack(key);
      },
    };
  }

  /** How many keys have calls under way. */
  get size(): number {
    return this.#taken.size;
  }

  close(): Promise<void> {
    this.#taken.clear();
    return Promise.resolve();
  }

  #giveBack(key: string): void {
    const left = (this.#taken.get(key) ?? 0) - 1;
    if (left > 0) this.#taken.set(key, left);
    else this.#taken.delete(key);
  }
}
