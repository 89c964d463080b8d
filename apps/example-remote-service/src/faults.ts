/** How a call ends when a fault hits it. */
export type FaultOutcome =
  /** As it should. */
  | { readonly kind: 'answer' }
  /** The connection is cut before anything is done. */
  | { readonly kind: 'reset' }
  /** The work is done, then the connection is cut: the caller cannot know. */
  | { readonly kind: 'drop' }
  /** The work is done, but only the first half of the answer is sent. */
  | { readonly kind: 'truncate' }
  /** An error envelope of this status; nothing is done. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterS?: number };

/** What happens to one call. */
export interface Fault {
  /** How long the call waits first, in ms. */
  readonly latencyMs: number;
  readonly outcome: FaultOutcome;
}

/** A call that a fault may hit. */
export interface FaultCall {
  /** `line.send_message`. */
  readonly tool: string;
  /** 1 for the first call of the service's life. */
  readonly number: number;
}

/** Decides the fault of each call. */
export type FaultPlan = (call: FaultCall) => Fault;

/** Faults drawn at random, each probability between 0 and 1. */
export interface RandomFaults {
  readonly latency?: { readonly minMs: number; readonly maxMs: number; readonly probability: number };
  readonly reset: number;
  readonly drop: number;
  readonly truncate: number;
  readonly statuses: readonly { readonly status: number; readonly probability: number }[];
  /** Sent with every status fault, in seconds. */
  readonly retryAfterS?: number;
}

/** No fault ever. */
export const noFaults: FaultPlan = () => ({ latencyMs: 0, outcome: { kind: 'answer' } });

/** A plan that draws from `random` (in [0, 1)): once for the latency, once for the outcome, so that the same seed gives the same faults. */
export function planRandomFaults(faults: RandomFaults, random: () => number): FaultPlan {
  const outcomes = outcomesOf(faults);
  return () => ({ latencyMs: drawLatency(faults, random), outcome: drawOutcome(outcomes, random()) });
}

interface WeightedOutcome {
  readonly probability: number;
  readonly outcome: FaultOutcome;
}

function outcomesOf(faults: RandomFaults): readonly WeightedOutcome[] {
  const retryAfter = faults.retryAfterS === undefined ? {} : { retryAfterS: faults.retryAfterS };
  return [
    { probability: faults.reset, outcome: { kind: 'reset' } },
    { probability: faults.drop, outcome: { kind: 'drop' } },
    { probability: faults.truncate, outcome: { kind: 'truncate' } },
    ...faults.statuses.map(({ status, probability }) => ({
      probability,
      outcome: { kind: 'status', status, ...retryAfter } as const,
    })),
  ];
}

function drawOutcome(outcomes: readonly WeightedOutcome[], draw: number): FaultOutcome {
  let reached = 0;
  for (const { probability, outcome } of outcomes) {
    reached += probability;
    if (draw < reached) return outcome;
  }
  return { kind: 'answer' };
}

function drawLatency({ latency }: RandomFaults, random: () => number): number {
  const draw = random();
  if (latency === undefined || draw >= latency.probability) return 0;
  const place = latency.probability === 0 ? 0 : draw / latency.probability;
  return Math.round(latency.minMs + place * (latency.maxMs - latency.minMs));
}

/** A small seeded generator (mulberry32): numbers in [0, 1), the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
