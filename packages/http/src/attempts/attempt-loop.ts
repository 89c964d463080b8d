import type { RetryBudget } from '../endpoint/retry-budget.ts';

/** How attempts follow each other, for one call. */
export interface AttemptSteps<Outcome> {
  /** What limits its repetitions; absent: nothing does. */
  readonly retries: RetryBudget | undefined;
  /** Makes one attempt, from 1. Never rejects for what the service did. */
  attempt(number: number): Promise<Outcome>;
  /** How long to wait before another attempt; `undefined` where this outcome stands. */
  pauseAfter(outcome: Outcome, number: number): number | undefined | Promise<number | undefined>;
  /** Whether a repetition is no more load than any call is: nothing was sent, and it goes elsewhere. */
  isFree?(outcome: Outcome): boolean;
  /** Told of every repetition that was wanted. */
  onRetry?(
    outcome: Outcome,
    retry: { readonly isGranted: boolean; readonly number: number; readonly pauseMs: number },
  ): void;
  /** Waits. @throws where the call must not go on. */
  pause(ms: number, outcome: Outcome, number: number): Promise<void>;
}

/**
 * Makes attempts until an outcome stands, or there is no use, no time or no budget for another.
 *
 * 1. Attempts follow each other; between two of them no socket is held.
 * 2. What was taken from the budget goes back to it when the repetition is over, however the call ends.
 */
export async function makeAttempts<Outcome>(steps: AttemptSteps<Outcome>): Promise<Outcome> {
  const { retries } = steps;
  let holdsRetry = false;
  retries?.enter();
  try {
    for (let number = 1; ; number += 1) {
      const outcome = await steps.attempt(number);
      if (holdsRetry) retries?.release(); // 2
      holdsRetry = false;
      const pauseMs = await steps.pauseAfter(outcome, number);
      if (pauseMs === undefined) return outcome;
      const isFree = steps.isFree?.(outcome) ?? false;
      holdsRetry = !isFree && (retries?.acquire() ?? true);
      const isGranted = isFree || holdsRetry;
      steps.onRetry?.(outcome, { isGranted, number, pauseMs });
      if (!isGranted) return outcome;
      await steps.pause(pauseMs, outcome, number);
    }
  } finally {
    if (holdsRetry) retries?.release(); // 2
    retries?.leave();
  }
}
