import type { Clock } from '@capstan/sdk';
import { CircuitBreaker, type CircuitEvent } from '../circuit-breaker.ts';
import { Latency } from './latency.ts';
import { RetryBudget } from './retry-budget.ts';

/** What a host knows about one endpoint: a service under an origin and a base path. */
export class Endpoint {
  /** Origin and base path. */
  readonly key: string;
  readonly breaker: CircuitBreaker;
  readonly retries: RetryBudget = new RetryBudget();
  readonly latency: Latency = new Latency();
  /** Attempts under way. */
  pending = 0;
  #returnedAt = Number.NEGATIVE_INFINITY;

  constructor(key: string, clock: Clock, onChange?: (event: CircuitEvent) => void) {
    this.key = key;
    this.breaker = new CircuitBreaker(key, clock, (event) => {
      if (event.to === 'closed') this.#returnedAt = event.at;
      onChange?.(event);
    });
  }

  /** When its breaker closed last, in ms since the epoch; minus infinity where it never opened. */
  get returnedAt(): number {
    return this.#returnedAt;
  }
}
