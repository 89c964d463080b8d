/** After this time an old measurement weighs a third (1/e) of a new one. */
const DECAY_MS = 10_000;

/**
 * How long an endpoint takes to answer: an exponentially weighted moving average over time. It sinks while nobody
 * measures, so that an endpoint that was slow once is tried again.
 */
export class Latency {
  #valueMs = 0;
  #at = 0;

  observe(elapsedMs: number, now: number): void {
    const old = this.#at === 0 ? 0 : Math.exp(-(now - this.#at) / DECAY_MS);
    // Half of each new value counts at least: with many calls a second, an endpoint that turns slow is noticed at once.
    const weight = Math.min(old, 0.5);
    this.#valueMs = this.#at === 0 ? elapsedMs : this.#valueMs * weight + elapsedMs * (1 - weight);
    this.#at = now;
  }

  /** The average as it is worth now; 0 where nothing is known. */
  valueMs(now: number): number {
    return this.#at === 0 ? 0 : this.#valueMs * Math.exp(-(now - this.#at) / DECAY_MS);
  }
}
