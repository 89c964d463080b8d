import { setTimeout as systemSleep } from 'node:timers/promises';
import type { CircuitBreaker, CircuitBreakers, HttpAnswer, HttpClient, HttpTarget } from '@capstan/http';
import { CapstanError, type Clock, type ToolContext } from '@capstan/sdk';
import { spendCredentials } from '../request/credentials.ts';
import type { PlannedRequest } from '../request/plan-request.ts';
import type { AttemptOutcome } from './attempt-outcome.ts';
import type { ResolvedPolicy } from './call-policy.ts';
import { decodeBody } from './decode-body.ts';
import { ended, outOfTime, readFailure } from './read-failure.ts';
import { retryAfterMs } from './retry-after.ts';

/** What all declared HTTP tools of a host share. */
export interface HttpToolServices {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** One per host, so that all tools agree about an endpoint. */
  readonly breakers: CircuitBreakers;
  /** Pauses between attempts; rejects when the signal is aborted. Default: Node's timer. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** What the host calls itself. Default `capstan`. */
  readonly userAgent?: string;
}

/** One request, through all its attempts. */
export interface SendWork {
  readonly request: PlannedRequest;
  readonly context: ToolContext;
  readonly policy: ResolvedPolicy;
  readonly maxResponseBytes: number;
}

/** An answer of any status, and how many attempts it took. */
export interface SentAnswer {
  readonly answer: HttpAnswer;
  readonly attempts: number;
}

/**
 * Sends a request until there is an answer that stands, or no use in trying again.
 *
 * 1. Attempts follow each other; between two of them no socket is held.
 * 2. A ticket that the breaker gave out goes back to it, whatever the attempt came to.
 * 3. No attempt begins after the deadline, and no pause that would reach it.
 * @throws CapstanError where there was no answer.
 */
export async function send(work: SendWork, services: HttpToolServices): Promise<SentAnswer> {
  const target = services.http.target(work.request.baseUrl, work.policy.egress);
  const breaker = services.breakers.of(`${target.origin}${target.basePath}`);
  for (let attempts = 1; ; attempts += 1) {
    const outcome = await attempt({ work, target, breaker, attempts }, services);
    const pauseMs = pauseAfter(outcome, { work, breaker, attempts }, services);
    if (pauseMs === undefined) {
      if (outcome.kind === 'failure') throw outcome.error;
      return { answer: outcome.answer, attempts };
    }
    work.context.logger.debug('an http call failed and is tried again', { attempts, pause_ms: Math.round(pauseMs) });
    await pause(pauseMs, work, attempts, services);
  }
}

interface Attempt {
  readonly work: SendWork;
  readonly target: HttpTarget;
  readonly breaker: CircuitBreaker;
  readonly attempts: number;
}

async function attempt(
  { work, target, breaker, attempts }: Attempt,
  services: HttpToolServices,
): Promise<AttemptOutcome> {
  const { policy, context } = work;
  const remainingMs = Math.ceil(context.deadline - services.clock.now());
  if (remainingMs <= 0) return outOfTime(undefined, attempts - 1); // 3
  const ticket = breaker.enter();
  if (ticket === undefined) return circuitOpen(breaker, attempts - 1);
  const timeoutMs = Math.min(policy.timeoutMs, remainingMs);
  const outcome = await exchange(work, target, timeoutMs, services).then(
    (answer) => judge(answer, services.clock),
    (thrown: unknown) =>
      readFailure(thrown, { attempts, endsAtDeadline: remainingMs < policy.timeoutMs, context, clock: services.clock }),
  );
  if (outcome.health === 'up')
    breaker.succeeded(ticket, policy.breaker); // 2
  else if (outcome.health === 'down') breaker.failed(ticket, policy.breaker, nameOf(outcome));
  else breaker.abandoned(ticket);
  return outcome;
}

async function exchange(
  { request, context, maxResponseBytes }: SendWork,
  target: HttpTarget,
  timeoutMs: number,
  { http }: HttpToolServices,
): Promise<HttpAnswer> {
  const spent = spendCredentials(request.credentials);
  const cookies = [...request.cookies, ...spent.cookies].join('; ');
  const query = [request.query, ...spent.query].filter((part) => part !== '').join('&');
  const path = `${request.path}${query === '' ? '' : `?${query}`}`;
  const answer = await http.exchange({
    target,
    method: request.method,
    path: target.basePath === '' && !path.startsWith('/') ? `/${path}` : path,
    headers: [...spent.headers, ...request.headers, ...(cookies === '' ? [] : ['Cookie', cookies])],
    ...(request.body === undefined ? {} : { body: request.body }),
    timeoutMs,
    maxResponseBytes,
    signal: context.signal,
  });
  return decodeBody(answer, maxResponseBytes);
}

/** 429 and 503 say that the request was not taken up (RFC 6585, section 4; RFC 9110, section 15.6.4). */
function judge(answer: HttpAnswer, clock: Clock): AttemptOutcome {
  const { status } = answer;
  const isDown = status >= 500 || status === 408;
  const waitMs = retryAfterMs(answer, clock.now());
  return {
    kind: 'answer',
    answer,
    repetition:
      status === 429 || status === 503 ? 'nothing_done' : isDown && status !== 501 ? 'if_repeatable' : 'never',
    health: isDown ? 'down' : 'up',
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  };
}

function circuitOpen(breaker: CircuitBreaker, attempts: number): AttemptOutcome {
  const { endpoint, state } = breaker;
  const why = state.kind === 'open' ? `it kept failing (${state.reason})` : 'another call is trying it out';
  const error = new CapstanError('CAPSTAN_CIRCUIT_OPEN', `The endpoint ${endpoint} is left alone: ${why}.`, {
    details: { retry_after_ms: breaker.retryAfterMs(), attempts },
  });
  return { kind: 'failure', error, repetition: 'never', health: 'unknown' };
}

function pauseAfter(
  outcome: AttemptOutcome,
  { work: { policy, context }, breaker, attempts }: Omit<Attempt, 'target'>,
  { clock, random }: HttpToolServices,
): number | undefined {
  const isSafe = outcome.repetition === 'nothing_done' || (outcome.repetition === 'if_repeatable' && policy.repeatable);
  if (!isSafe || attempts > policy.retry.maxRetries) return undefined;
  const now = clock.now();
  const ceilingMs = Math.min(policy.retry.maxMs, policy.retry.baseMs * 2 ** (attempts - 1));
  const pauseMs = Math.max(random() * ceilingMs, outcome.retryAfterMs ?? 0);
  if (pauseMs >= context.deadline - now) return undefined; // 3
  // With the breaker still open by then, the failure at hand tells more than "circuit open" would.
  return breaker.retryAfterMs(now + pauseMs) > 0 ? undefined : pauseMs;
}

async function pause(ms: number, { context }: SendWork, attempts: number, services: HttpToolServices): Promise<void> {
  const sleep = services.sleep ?? ((time, signal) => systemSleep(time, undefined, { signal }));
  try {
    if (!context.signal.aborted) await sleep(ms, context.signal);
  } catch (thrown) {
    if (!context.signal.aborted) throw thrown;
  }
  if (!context.signal.aborted) return;
  const outcome = ended(undefined, { context, clock: services.clock, attempts });
  if (outcome.kind === 'failure') throw outcome.error;
}

function nameOf(outcome: AttemptOutcome): string {
  return outcome.kind === 'failure' ? outcome.error.code : `status ${outcome.answer.status}`;
}
