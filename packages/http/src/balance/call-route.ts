import type { Endpoint } from '../endpoint/endpoint.ts';
import type { RetryBudget } from '../endpoint/retry-budget.ts';
import type { ServicePool } from './service-pool.ts';
import type { Candidate } from './strategies.ts';

/** Where the attempts of one call go. */
export interface CallRoute {
  /** What limits its repetitions. */
  readonly retries: RetryBudget;
  /** The endpoint of the next attempt; `undefined` where every one is left alone. */
  choose(): Candidate | undefined;
  /** Whether the next attempt would go, without waiting, to one that was not tried yet. */
  canFailOver(): boolean;
  /** How long until some endpoint may be called, at a moment; 0 where one may. */
  retryAfterMs(at: number): number;
  /** Names what is left alone. */
  describe(): string;
  /** An attempt failed there. */
  failed(candidate: Candidate): void;
  /** All further attempts go to this endpoint: another one may not know what was done already. */
  stick(candidate: Candidate): void;
}

/** The way to a service with one endpoint: there is nothing to choose. */
export class SingleRoute implements CallRoute {
  readonly #only: Candidate;

  constructor(only: Candidate) {
    this.#only = only;
  }

  get retries(): RetryBudget {
    return this.#only.endpoint.retries;
  }

  choose(): Candidate {
    return this.#only;
  }

  canFailOver(): boolean {
    return false;
  }

  retryAfterMs(at: number): number {
    return this.#only.endpoint.breaker.retryAfterMs(at);
  }

  describe(): string {
    return `The endpoint ${this.#only.endpoint.key}`;
  }

  failed(): void {}

  stick(): void {}
}

/** The way to a service with several endpoints: each attempt goes to another one, as long as there is one. */
export class BalancedRoute implements CallRoute {
  readonly #pool: ServicePool;
  readonly #tried = new Set<Endpoint>();
  #candidates: readonly Candidate[];

  constructor(pool: ServicePool, candidates: readonly Candidate[]) {
    this.#pool = pool;
    this.#candidates = candidates;
  }

  get retries(): RetryBudget {
    return this.#pool.retries;
  }

  choose(): Candidate | undefined {
    return this.#pool.choose(this.#candidates, this.#tried.size === 0 ? undefined : this.#tried);
  }

  canFailOver(): boolean {
    return this.#candidates.some(({ endpoint }) => !this.#tried.has(endpoint) && endpoint.breaker.retryAfterMs() === 0);
  }

  retryAfterMs(at: number): number {
    return Math.min(...this.#candidates.map(({ endpoint }) => endpoint.breaker.retryAfterMs(at)));
  }

  describe(): string {
    return `Every endpoint of the service (${this.#candidates.map(({ endpoint }) => endpoint.key).join(', ')})`;
  }

  failed(candidate: Candidate): void {
    this.#tried.add(candidate.endpoint);
    this.#pool.noticeFailure(candidate.endpoint);
  }

  stick(candidate: Candidate): void {
    this.#candidates = [candidate];
  }
}
