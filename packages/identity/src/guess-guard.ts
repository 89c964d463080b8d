import { networkOf } from '@capstan/http';
import type { Clock } from '@capstan/sdk';
import { RecentMap } from './recent-map.ts';

/*
 * 1. What is held against somebody is held against a network, or a network together with one key: never against a key
 *    alone, so nobody can lock a key out of another place.
 * 2. Both lists are bounded; under a flood from more networks than they hold, the one that failed longest ago is forgotten.
 * 3. To send one wrong token again and again is a mistake, not a guess: only another one counts.
 * 4. While somebody waits nothing of his is looked at, so nothing counts either; the first wrong one after that doubles
 *    the wait.
 */

/** How much guessing is borne. */
export interface GuessLimits {
  /** Wrong tokens of one network before it waits. Default 20. */
  readonly perNetwork: number;
  /** Wrong secrets of one network for one key before that network waits with that key. Default 5. */
  readonly perKey: number;
  /** The first wait in ms. Default 1,000; each further failure doubles it. */
  readonly baseMs: number;
  /** The longest wait in ms. Default 900,000. */
  readonly maxMs: number;
  /** After so much quiet everything is forgiven, in ms. Default 1,800,000. */
  readonly forgetMs: number;
  /** Networks that are remembered, and pairs of network and key. Default 10,000 each. */
  readonly entries: number;
}

export const DEFAULT_GUESS_LIMITS: GuessLimits = Object.freeze({
  perNetwork: 20,
  perKey: 5,
  baseMs: 1_000,
  maxMs: 900_000,
  forgetMs: 1_800_000,
  entries: 10_000,
});

interface Record {
  readonly failures: number;
  readonly lastDigest: string;
  readonly failedAt: number;
  readonly waitUntil: number;
}

/** Somebody who shows a token. */
export interface Attempt {
  readonly address: string;
  /** The public part of the token. */
  readonly prefix: string;
  readonly digest: string;
}

/** Slows down whoever guesses. */
export class GuessGuard {
  readonly #limits: GuessLimits;
  readonly #clock: Clock;
  readonly #networks: RecentMap<Record>;
  readonly #pairs: RecentMap<Record>;

  constructor(clock: Clock, limits: Partial<GuessLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...DEFAULT_GUESS_LIMITS, ...limits };
    this.#networks = new RecentMap(this.#limits.entries);
    this.#pairs = new RecentMap(this.#limits.entries);
  }

  /** How long nobody looks at what he shows, in ms; 0 when it is looked at. */
  waitMs(attempt: Attempt): number {
    if (this.#networks.size === 0) return 0;
    const network = networkName(attempt.address);
    const now = this.#clock.now();
    const until = Math.max(
      this.#networks.get(network)?.waitUntil ?? 0,
      this.#pairs.get(pairName(network, attempt.prefix))?.waitUntil ?? 0,
    );
    return Math.max(0, until - now);
  }

  /** A wrong token was shown. Returns the wait in ms that follows from it; 0 for none. */
  failed(attempt: Attempt): number {
    const network = networkName(attempt.address);
    const { perNetwork, perKey } = this.#limits;
    return Math.max(
      this.#count(this.#networks, network, attempt.digest, perNetwork),
      this.#count(this.#pairs, pairName(network, attempt.prefix), attempt.digest, perKey),
    );
  }

  #count(records: RecentMap<Record>, name: string, digest: string, limit: number): number {
    const now = this.#clock.now();
    const { baseMs, maxMs, forgetMs } = this.#limits;
    const known = records.get(name);
    const before = known !== undefined && now - known.failedAt < forgetMs ? known : undefined;
    if (before?.lastDigest === digest) return 0;
    const failures = (before?.failures ?? 0) + 1;
    const waitMs = failures < limit ? 0 : Math.min(maxMs, baseMs * 2 ** Math.min(32, failures - limit));
    records.set(name, { failures, lastDigest: digest, failedAt: now, waitUntil: waitMs === 0 ? 0 : now + waitMs });
    return waitMs;
  }
}

function networkName(address: string): string {
  return networkOf(address) ?? address;
}

function pairName(network: string, prefix: string): string {
  return `${network} ${prefix}`;
}
