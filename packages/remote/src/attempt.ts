import type { CircuitBreaker, HttpClient } from '@capstan/http';
import { CapstanError, type Clock, isCapstanError } from '@capstan/sdk';
import type { AttemptFacts, AttemptFailure, AttemptOutcome } from './attempt-outcome.ts';
import type { ResolvedPolicy } from './call-policy.ts';
import { type ContractRequest, type TracedRemoteCall, writeHeaders } from './contract-request.ts';
import { type PreparedConnection, tokenOf } from './prepared-connection.ts';
import { readAnswer } from './read-answer.ts';
import { outOfTime, readFailure } from './read-failure.ts';

/** One call, through all its attempts. */
export interface CallWork {
  readonly call: TracedRemoteCall;
  readonly connection: PreparedConnection;
  readonly policy: ResolvedPolicy;
  readonly request: ContractRequest;
}

/** What an attempt needs of its adapter. */
export interface AttemptServices {
  readonly http: HttpClient;
  readonly clock: Clock;
}

/**
 * Makes one attempt at one endpoint. It never rejects.
 * A ticket that the breaker gave out goes back to it, whatever the attempt came to.
 */
export async function makeAttempt(
  work: CallWork,
  breaker: CircuitBreaker,
  number: number,
  services: AttemptServices,
): Promise<AttemptOutcome> {
  const { policy, call } = work;
  const remainingMs = Math.ceil(call.context.deadline - services.clock.now());
  if (remainingMs <= 0) return outOfTime(undefined, number - 1);
  const ticket = breaker.enter();
  if (ticket === undefined) return circuitOpen(breaker, number - 1);
  const endsAtDeadline = remainingMs < policy.timeoutMs;
  const timeoutMs = endsAtDeadline ? remainingMs : policy.timeoutMs;
  const outcome = await exchange(work, { number, timeoutMs, endsAtDeadline }, services);
  if (outcome.ok || outcome.health === 'up') breaker.succeeded(ticket, policy.breaker);
  else if (outcome.health === 'down') breaker.failed(ticket, policy.breaker, outcome.error.code);
  else breaker.abandoned(ticket);
  return outcome;
}

async function exchange(
  work: CallWork,
  facts: AttemptFacts,
  { http, clock }: AttemptServices,
): Promise<AttemptOutcome> {
  const { call, request, connection, policy } = work;
  const { signal } = call.context;
  try {
    const answer = await http.exchange({
      target: connection.target,
      method: 'POST',
      path: request.path,
      headers: writeHeaders(request, { token: tokenOf(call.connection), timeoutMs: facts.timeoutMs }),
      body: request.body,
      timeoutMs: facts.timeoutMs,
      maxResponseBytes: policy.maxResponseBytes,
      signal,
    });
    return readAnswer(answer, facts, clock);
  } catch (thrown) {
    return signal.aborted ? ended(work, { cause: thrown, attempts: facts.number, clock }) : readFailure(thrown, facts);
  }
}

/** The caller's signal was aborted: by the caller, or because the time is up. */
export function ended(
  { call: { context } }: CallWork,
  { cause, attempts, clock }: { readonly cause: unknown; readonly attempts: number; readonly clock: Clock },
): AttemptFailure {
  const { reason } = context.signal;
  const isOutOfTime =
    (isCapstanError(reason) && reason.code === 'CAPSTAN_DEADLINE_EXCEEDED') ||
    (reason instanceof Error && reason.name === 'TimeoutError') ||
    clock.now() >= context.deadline;
  if (isOutOfTime) return outOfTime(cause, attempts);
  const error = new CapstanError('CAPSTAN_CANCELLED', 'The call was cancelled.', { cause, details: { attempts } });
  return { ok: false, error, repetition: 'never', health: 'unknown' };
}

function circuitOpen(breaker: CircuitBreaker, attempts: number): AttemptFailure {
  const { endpoint, state } = breaker;
  const why = state.kind === 'open' ? `it kept failing (${state.reason})` : 'another call is trying it out';
  const error = new CapstanError('CAPSTAN_CIRCUIT_OPEN', `The endpoint ${endpoint} is left alone: ${why}.`, {
    details: { retry_after_ms: breaker.retryAfterMs(), attempts },
  });
  return { ok: false, error, repetition: 'never', health: 'unknown' };
}
