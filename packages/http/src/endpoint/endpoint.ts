import type { Clock } from '@capstan/sdk';
import { CircuitBreaker, type CircuitEvent } from '../circuit-breaker.ts';
import { Latency } from './latency.ts';
import { RetryBudget } from './retry-budget.ts';

/** What a pack's calls found out about one endpoint: a service under an origin and a base path. */
export class Endpoint {
  /** Origin and base path. */
  readonly key: string;
  /** Whose calls it counts; empty for those of no pack. */
  readonly pack: string;
  readonly breaker: CircuitBreaker;
  readonly retries: RetryBudget = new RetryBudget();
  readonly latency: Latency = new Latency();
  /** Attempts under way. */
  pending = 0;
  #granted = 0;
  #refused = 0;
  #returnedAt = Number.NEGATIVE_INFINITY;

  constructor(
    identity: { readonly key: string; readonly pack: string },
    clock: Clock,
    onChange?: (event: CircuitEvent, pack: string) => void,
  ) {
    const { key, pack } = identity;
    this.key = key;
    this.pack = pack;
    this.breaker = new CircuitBreaker(key, clock, (event) => {
      if (event.to === 'closed') this.#returnedAt = event.at;
      onChange?.(event, pack);
    });
  }

  /** Calls that failed here: repeated (here or elsewhere), and not repeated for want of budget, since the start. */
  get repetitions(): { readonly granted: number; readonly refused: number } {
    return { granted: this.#granted, refused: this.#refused };
  }

  noteRetry(isGranted: boolean): void {
    if (isGranted) this.#granted += 1;
    else this.#refused += 1;
  }

  /** When its breaker closed last, in ms since the epoch; minus infinity where it never opened. */
  get returnedAt(): number {
    return this.#returnedAt;
  }
}
