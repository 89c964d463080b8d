import type { Endpoint } from '../endpoint/endpoint.ts';
import type { HttpTarget } from '../types.ts';

/** The ways to choose among the endpoints of a service. */
export const BALANCING_STRATEGIES = ['round_robin', 'random', 'weighted', 'least_pending'] as const;
export type BalancingStrategy = (typeof BALANCING_STRATEGIES)[number];

/** One endpoint that may be chosen. */
export interface Candidate {
  readonly target: HttpTarget;
  readonly endpoint: Endpoint;
  /** Above 0; 1 where nobody said anything. */
  readonly weight: number;
}

/** A candidate and its share of what it would get in full service, above 0 and up to 1: less while it starts again. */
export interface ShareOf {
  readonly candidate: Candidate;
  readonly share: number;
}

/** What a choice rests on. */
export interface Choice {
  readonly options: readonly ShareOf[];
  readonly now: number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Grows with every choice. */
  readonly turn: number;
}

/** Chooses one of at least one option. */
export type Strategy = (choice: Choice) => Candidate | undefined;

/** Each strategy. */
export const STRATEGIES: Readonly<Record<BalancingStrategy, Strategy>> = {
  round_robin: roundRobin,
  random: ({ options, random }) => drawn(options, random, ({ share }) => share),
  weighted: ({ options, random }) => drawn(options, random, ({ candidate, share }) => candidate.weight * share),
  least_pending: leastPending,
};

/** In turns; one that starts again lets some of its turns pass. */
function roundRobin({ options, turn, random }: Choice): Candidate | undefined {
  for (let step = 0; step < options.length; step += 1) {
    const option = options[(turn + step) % options.length];
    if (option !== undefined && (option.share === 1 || random() < option.share)) return option.candidate;
  }
  return options[turn % options.length]?.candidate;
}

function drawn(
  options: readonly ShareOf[],
  random: () => number,
  weightOf: (option: ShareOf) => number,
): Candidate | undefined {
  const total = options.reduce((sum, option) => sum + weightOf(option), 0);
  let rest = random() * total;
  for (const option of options) {
    rest -= weightOf(option);
    if (rest < 0) return option.candidate;
  }
  return options.at(-1)?.candidate;
}

/** The one that will probably answer first: what waits there already, times how long each takes. */
function leastPending({ options, now, turn }: Choice): Candidate | undefined {
  let best: Candidate | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  // Beginning at another one each time, so that equals share the load.
  for (let step = 0; step < options.length; step += 1) {
    const option = options[(turn + step) % options.length];
    if (option === undefined) continue;
    const { endpoint, weight } = option.candidate;
    const score = ((endpoint.pending + 1) * (endpoint.latency.valueMs(now) + 1)) / (weight * option.share);
    if (score < bestScore) [best, bestScore] = [option.candidate, score];
  }
  return best;
}
