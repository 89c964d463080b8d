import type { Clock } from '@capstan/sdk';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { type BalancingStrategy, type Candidate, type ShareOf, STRATEGIES } from './strategies.ts';

/** What a {@link Balancer} is made of. */
export interface BalancerOptions {
  readonly strategy: BalancingStrategy;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** How long an endpoint that came back gets less than its share, in ms. Default 30,000. */
  readonly slowStartMs?: number;
}

const DEFAULT_SLOW_START_MS = 30_000;
/** What an endpoint gets at the moment when it comes back. */
const FIRST_SHARE = 0.1;
/** How many calls try an endpoint that may be back, as long as others are well. */
const PROBING_SHARE = 0.1;

/**
 * Chooses endpoints. Looking at a breaker changes nothing, so nobody waits for a choice:
 *
 * 1. An endpoint whose breaker would refuse is no candidate.
 * 2. One that waits to be tried out (its breaker is no longer open, not yet closed) gets every tenth call while others
 *    are well, whatever the strategy: it would never be measured again otherwise.
 * 3. One that came back gets a growing share.
 */
export class Balancer {
  readonly #options: BalancerOptions;
  readonly #slowStartMs: number;
  #turn = 0;

  constructor(options: BalancerOptions) {
    this.#options = options;
    this.#slowStartMs = options.slowStartMs ?? DEFAULT_SLOW_START_MS;
  }

  /**
   * One that may be called now, if possible none of those that were tried already.
   * `undefined`: every endpoint is left alone.
   */
  choose(candidates: readonly Candidate[], tried: ReadonlySet<Endpoint> | undefined): Candidate | undefined {
    const now = this.#options.clock.now();
    const open = candidates.filter(({ endpoint }) => endpoint.breaker.retryAfterMs(now) === 0);
    const fresh = tried === undefined ? open : open.filter(({ endpoint }) => !tried.has(endpoint));
    return this.#among(fresh.length > 0 ? fresh : open, now);
  }

  #among(candidates: readonly Candidate[], now: number): Candidate | undefined {
    if (candidates.length <= 1) return candidates[0];
    const well = candidates.filter(({ endpoint }) => endpoint.breaker.state.kind === 'closed');
    const { strategy, random } = this.#options;
    const isProbe = well.length === 0 || (well.length < candidates.length && random() < PROBING_SHARE);
    const chosen = isProbe ? candidates.filter((candidate) => !well.includes(candidate)) : well;
    const options = chosen.map((candidate): ShareOf => ({ candidate, share: this.#shareOf(candidate, now) }));
    const turn = this.#turn;
    this.#turn = (turn + 1) % Number.MAX_SAFE_INTEGER;
    return STRATEGIES[strategy]({ options, now, random, turn });
  }

  #shareOf({ endpoint }: Candidate, now: number): number {
    const backFor = now - endpoint.returnedAt;
    if (backFor >= this.#slowStartMs) return 1;
    return FIRST_SHARE + (1 - FIRST_SHARE) * (backFor / this.#slowStartMs);
  }
}
