import {
  type CircuitBreaker,
  ended,
  type HttpAnswer,
  type HttpExchange,
  type HttpTarget,
  judgeAnswer,
  noteAttempt,
  outOfTime,
  readFailure,
} from '@capstan/http';
import { CapstanError, type ToolConnection, type ToolContext } from '@capstan/sdk';
import { spendCredentials } from '../request/credentials.ts';
import type { PlannedRequest } from '../request/plan-request.ts';
import type { AttemptOutcome } from './attempt-outcome.ts';
import type { ResolvedPolicy } from './call-policy.ts';
import { decodeBody } from './decode-body.ts';
import type { ResolvedServices } from './http-tool-services.ts';

/** One request, through all its attempts. */
export interface SendWork {
  readonly request: PlannedRequest;
  readonly connection: ToolConnection;
  readonly context: ToolContext;
  readonly policy: ResolvedPolicy;
  readonly maxResponseBytes: number;
}

/** One attempt at an endpoint. */
export interface Attempt {
  readonly work: SendWork;
  readonly target: HttpTarget;
  readonly breaker: CircuitBreaker;
  /** From 1. */
  readonly number: number;
}

/**
 * Makes one attempt. It never rejects.
 * A ticket that the breaker gave out goes back to it, whatever the attempt came to.
 */
export async function makeAttempt(attempt: Attempt, services: ResolvedServices): Promise<AttemptOutcome> {
  const { work, breaker, number } = attempt;
  const { policy, context } = work;
  const { clock } = services;
  const remainingMs = Math.ceil(context.deadline - clock.now());
  if (remainingMs <= 0) return outOfTime(undefined, number - 1);
  const ticket = breaker.enter();
  if (ticket === undefined) return circuitOpen(breaker, number - 1);
  const timeoutMs = Math.min(policy.timeoutMs, remainingMs);
  const endsAtDeadline = remainingMs < policy.timeoutMs;
  noteAttempt(context);
  const outcome = await exchange(attempt, timeoutMs, services).then(
    (answer): AttemptOutcome => ({ ok: true, answer, ...judgeAnswer(answer, clock.now()) }),
    (thrown: unknown) =>
      context.signal.aborted
        ? ended(context, { cause: thrown, attempts: number, clock })
        : readFailure(thrown, { number, endsAtDeadline }),
  );
  if (outcome.health === 'up') breaker.succeeded(ticket, policy.breaker);
  else if (outcome.health === 'down') breaker.failed(ticket, policy.breaker, reasonOf(outcome));
  else breaker.abandoned(ticket);
  return outcome;
}

async function exchange(
  { work, target }: Attempt,
  timeoutMs: number,
  { http, authenticator }: ResolvedServices,
): Promise<HttpAnswer> {
  const { request, connection, context, policy, maxResponseBytes } = work;
  const written: HttpExchange = {
    ...writeRequest(request, target),
    timeoutMs,
    maxResponseBytes,
    signal: context.signal,
  };
  const answer = request.credentials.ofConnection
    ? await authenticator.exchange(connection, written, { egress: policy.egress })
    : await http.exchange(written);
  return decodeBody(answer, maxResponseBytes);
}

/** The request with its own credentials, which are spent here. */
function writeRequest(request: PlannedRequest, target: HttpTarget): Omit<HttpExchange, 'timeoutMs'> {
  const spent = spendCredentials(request.credentials.own);
  const cookies = [...request.cookies, ...spent.cookies].join('; ');
  const query = [request.query, ...spent.query].filter((part) => part !== '').join('&');
  const path = query === '' ? request.path : `${request.path}?${query}`;
  return {
    target,
    method: request.method,
    path: target.basePath === '' && !path.startsWith('/') ? `/${path}` : path,
    headers: [...spent.headers, ...request.headers, ...(cookies === '' ? [] : ['Cookie', cookies])],
    ...(request.body === undefined ? {} : { body: request.body }),
  };
}

function circuitOpen(breaker: CircuitBreaker, attempts: number): AttemptOutcome {
  const { endpoint, state } = breaker;
  const why = state.kind === 'open' ? `it kept failing (${state.reason})` : 'another call is trying it out';
  const error = new CapstanError('CAPSTAN_CIRCUIT_OPEN', `The endpoint ${endpoint} is left alone: ${why}.`, {
    details: { retry_after_ms: breaker.retryAfterMs(), attempts },
  });
  return { ok: false, error, repetition: 'never', health: 'unknown' };
}

function reasonOf(outcome: AttemptOutcome): string {
  return !outcome.ok ? outcome.error.code : `status ${outcome.answer.status}`;
}
