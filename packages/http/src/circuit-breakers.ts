import type { Clock } from '@capstan/sdk';
import { CircuitBreaker, type CircuitEvent, type CircuitState } from './circuit-breaker.ts';

/** One endpoint's breaker, as a person sees it. */
export interface CircuitView {
  /** Origin and base path. */
  readonly endpoint: string;
  readonly state: CircuitState;
}

/** Above this many endpoints, breakers that know nothing bad are forgotten. */
const MAX_ENDPOINTS = 1_000;

/** The breakers of a host, one per endpoint. */
export class CircuitBreakers {
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #clock: Clock;
  readonly #onChange: ((event: CircuitEvent) => void) | undefined;

  constructor(clock: Clock, onChange?: (event: CircuitEvent) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The breaker of an endpoint, made at its first use. */
  of(endpoint: string): CircuitBreaker {
    const known = this.#breakers.get(endpoint);
    if (known) return known;
    if (this.#breakers.size >= MAX_ENDPOINTS) this.#forgetUntroubled();
    const breaker = new CircuitBreaker(endpoint, this.#clock, this.#onChange);
    this.#breakers.set(endpoint, breaker);
    return breaker;
  }

  /** Every endpoint that was called. */
  views(): readonly CircuitView[] {
    return [...this.#breakers.values()].map(({ endpoint, state }) => ({ endpoint, state }));
  }

  #forgetUntroubled(): void {
    for (const [endpoint, { state }] of this.#breakers) {
      if (state.kind === 'closed' && state.failures === 0) this.#breakers.delete(endpoint);
    }
  }
}
