import type { HttpAnswer } from '@capstan/http';
import { type Attempt, makeAttempt, type SendWork } from './attempt.ts';
import type { AttemptOutcome } from './attempt-outcome.ts';
import type { ResolvedServices } from './http-tool-services.ts';
import { ended } from './read-failure.ts';

/** An answer of any status, and how many attempts it took. */
export interface SentAnswer {
  readonly answer: HttpAnswer;
  readonly attempts: number;
}

/**
 * Sends a request until there is an answer that stands, or no use in trying again.
 *
 * 1. Attempts follow each other; between two of them no socket is held.
 * 2. No attempt begins after the deadline, and no pause that would reach it.
 * 3. What was taken from the endpoint's retry budget goes back to it.
 * @throws CapstanError where there was no answer.
 */
export async function send(work: SendWork, services: ResolvedServices): Promise<SentAnswer> {
  const target = services.http.target(work.request.baseUrl, work.policy.egress);
  const endpoint = `${target.origin}${target.basePath}`;
  const breaker = services.breakerOf(endpoint);
  const retries = services.retriesOf?.(endpoint);
  let holdsRetry = false;
  retries?.enter();
  try {
    for (let number = 1; ; number += 1) {
      const attempt = { work, target, breaker, number };
      const outcome = await makeAttempt(attempt, services);
      if (holdsRetry) retries?.release(); // 3
      holdsRetry = false;
      const pauseMs = pauseAfter(outcome, attempt, services);
      const isFinal = pauseMs === undefined || retries?.acquire() === false;
      if (isFinal) return settled(outcome, number);
      holdsRetry = retries !== undefined;
      work.context.logger.debug('an http call is tried again', { attempts: number, pause_ms: Math.round(pauseMs) });
      await pause(pauseMs, attempt, services);
    }
  } finally {
    if (holdsRetry) retries?.release(); // 3
    retries?.leave();
  }
}

function settled(outcome: AttemptOutcome, attempts: number): SentAnswer {
  if (outcome.kind === 'failure') throw outcome.error;
  return { answer: outcome.answer, attempts };
}

function pauseAfter(
  outcome: AttemptOutcome,
  { work: { policy, context }, breaker, number }: Attempt,
  { clock, random }: ResolvedServices,
): number | undefined {
  const isSafe = outcome.repetition === 'nothing_done' || (outcome.repetition === 'if_repeatable' && policy.repeatable);
  if (!isSafe || number > policy.retry.maxRetries) return undefined;
  const now = clock.now();
  const ceilingMs = Math.min(policy.retry.maxMs, policy.retry.baseMs * 2 ** (number - 1));
  const pauseMs = Math.max(random() * ceilingMs, outcome.retryAfterMs ?? 0);
  if (pauseMs >= context.deadline - now) return undefined; // 2
  // With the breaker still open by then, the failure at hand tells more than "circuit open" would.
  return breaker.retryAfterMs(now + pauseMs) > 0 ? undefined : pauseMs;
}

async function pause(
  ms: number,
  { work: { context }, number }: Attempt,
  { sleep, clock }: ResolvedServices,
): Promise<void> {
  try {
    if (!context.signal.aborted) await sleep(ms, context.signal);
  } catch (thrown) {
    if (!context.signal.aborted) throw thrown;
  }
  if (!context.signal.aborted) return;
  settled(ended(undefined, { context, clock, attempts: number }), number);
}
