import type { RetryPolicy } from '@capstan/sdk';
import type { AttemptVerdict } from './attempt-failure.ts';

/** What a decision about the next attempt rests on. */
export interface RetrySituation {
  readonly failure: Pick<AttemptVerdict, 'repetition' | 'retryAfterMs'>;
  /** The attempts that were made. */
  readonly attempts: number;
  readonly retry: RetryPolicy;
  /** Whether a repetition is harmless: the tool says so, or the service's discovery does. */
  readonly repeatable: boolean;
  /** Until the invocation's deadline. */
  readonly remainingMs: number;
  /** Whether the next attempt goes to another endpoint, which there is no reason to spare. */
  readonly isElsewhere?: boolean;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

/** How long to pause before the next attempt, or `undefined` where there must be none. */
export function pauseBeforeRetry(situation: RetrySituation): number | undefined {
  const { failure, attempts, retry, remainingMs } = situation;
  if (attempts > retry.maxRetries || !isSafe(situation)) return undefined;
  if (situation.isElsewhere) return remainingMs > 0 ? 0 : undefined;
  const ceilingMs = Math.min(retry.maxMs, retry.baseMs * 2 ** (attempts - 1));
  // Full jitter, so that callers who failed together do not return together.
  const pauseMs = Math.max(situation.random() * ceilingMs, failure.retryAfterMs ?? 0);
  return pauseMs < remainingMs ? pauseMs : undefined;
}

function isSafe({ failure, repeatable }: RetrySituation): boolean {
  return failure.repetition === 'nothing_done' || (failure.repetition === 'if_repeatable' && repeatable);
}
