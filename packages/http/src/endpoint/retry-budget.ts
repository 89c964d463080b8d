/** The share of the calls under way that may be repetitions. */
const EXTRA_LOAD = 0.2;
/** So many may be repeated at once however little is going on. */
const MIN_CONCURRENT = 3;

/**
 * How many repetitions one endpoint is spared from, so that an outage is not multiplied: at most a fifth of the calls
 * under way, and never fewer than three at once (as Envoy's retry budget counts). Two counters, no timers.
 */
export class RetryBudget {
  #calls = 0;
  #retries = 0;
  #granted = 0;
  #refused = 0;

  /** Calls under way, their pauses included. */
  get calls(): number {
    return this.#calls;
  }

  /** Repetitions that were let through, and that were not, since the start. */
  get counts(): { readonly granted: number; readonly refused: number } {
    return { granted: this.#granted, refused: this.#refused };
  }

  /** A call begins; {@link leave} ends it. */
  enter(): void {
    this.#calls += 1;
  }

  leave(): void {
    this.#calls -= 1;
  }

  /** Asks to repeat. @returns Whether it may; then {@link release} follows when the repetition is over. */
  acquire(): boolean {
    if (this.#retries >= Math.max(MIN_CONCURRENT, this.#calls * EXTRA_LOAD)) {
      this.#refused += 1;
      return false;
    }
    this.#retries += 1;
    this.#granted += 1;
    return true;
  }

  release(): void {
    this.#retries -= 1;
  }
}
