import { ended, type HttpAnswer, makeAttempts, pauseBeforeRetry } from '@capstan/http';
import { type Attempt, makeAttempt, type SendWork } from './attempt.ts';
import type { AttemptOutcome } from './attempt-outcome.ts';
import type { ResolvedServices } from './http-tool-services.ts';

/** An answer of any status, and how many attempts it took. */
export interface SentAnswer {
  readonly answer: HttpAnswer;
  readonly attempts: number;
}

/**
 * Sends a request until there is an answer that stands, or no use in trying again. No attempt begins after the deadline,
 * and no pause that would reach it.
 * @throws CapstanError where there was no answer.
 */
export async function send(work: SendWork, services: ResolvedServices): Promise<SentAnswer> {
  const target = services.http.target(work.request.baseUrl, work.policy.egress);
  const endpoint = `${target.origin}${target.basePath}`;
  const breaker = services.breakerOf(endpoint);
  const attemptOf = (number: number): Attempt => ({ work, target, breaker, number });
  let attempts = 0;
  const outcome = await makeAttempts<AttemptOutcome>({
    retries: services.retriesOf?.(endpoint),
    attempt: (number) => {
      attempts = number;
      return makeAttempt(attemptOf(number), services);
    },
    pauseAfter: (last, number) => pauseAfter(last, attemptOf(number), services),
    onRetry: (_last, { isGranted, number, pauseMs }) => {
      if (!isGranted) return;
      const facts = { attempts: number, pause_ms: Math.round(pauseMs) };
      work.context.logger.debug('an http call is tried again', facts);
    },
    pause: (ms, _last, number) => pause(ms, attemptOf(number), services),
  });
  if (!outcome.ok) throw outcome.error;
  return { answer: outcome.answer, attempts };
}

function pauseAfter(
  failure: AttemptOutcome,
  { work: { policy, context }, breaker, number }: Attempt,
  { clock, random }: ResolvedServices,
): number | undefined {
  const now = clock.now();
  const { retry, repeatable } = policy;
  const remainingMs = context.deadline - now;
  const pauseMs = pauseBeforeRetry({ failure, attempts: number, retry, repeatable, remainingMs, random });
  // With the breaker still open by then, the failure at hand tells more than "circuit open" would.
  return pauseMs === undefined || breaker.retryAfterMs(now + pauseMs) > 0 ? undefined : pauseMs;
}

async function pause(ms: number, attempt: Attempt, { sleep, clock }: ResolvedServices): Promise<void> {
  const { context } = attempt.work;
  try {
    if (!context.signal.aborted) await sleep(ms, context.signal);
  } catch (thrown) {
    if (!context.signal.aborted) throw thrown;
  }
  if (context.signal.aborted) throw ended(context, { cause: undefined, attempts: attempt.number, clock }).error;
}
