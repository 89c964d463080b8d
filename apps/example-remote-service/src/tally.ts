/** What the service has done, for tests that compare it with what a caller believes. */
export interface ServiceState {
  /** Authenticated calls that arrived, by tool (`unknown` for names that do not exist), whatever became of them. */
  readonly requests: Readonly<Record<string, number>>;
  /** Calls that changed something, by tool. Replays and refused calls change nothing. */
  readonly effects: Readonly<Record<string, number>>;
  /** Answers given again for an idempotency key. */
  readonly replays: number;
  /** Faults that hit a call, by kind; `latency` may come with another. */
  readonly faults: Readonly<Record<string, number>>;
  /** Messages and posts in the store. */
  readonly messages: number;
  readonly posts: number;
}

/** Counts by name. */
export class Counter {
  readonly #counts = new Map<string, number>();

  add(name: string): number {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return count;
  }

  toRecord(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
