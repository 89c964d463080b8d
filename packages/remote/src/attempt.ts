import {
  type AttemptFacts,
  type AttemptFailure,
  type Authenticator,
  type CallRoute,
  type Candidate,
  ended,
  type HttpAnswer,
  type HttpTarget,
  noteAttempt,
  outOfTime,
  readFailure,
} from '@capstan/http';
import { CapstanError, type Clock } from '@capstan/sdk';
import type { AttemptOutcome } from './attempt-outcome.ts';
import type { ResolvedPolicy } from './call-policy.ts';
import { type ContractRequest, type TracedRemoteCall, writeHeaders } from './contract-request.ts';
import { streamedExchange } from './long-work/streamed-exchange.ts';
import { readAnswer } from './read-answer.ts';

/** One call, through all its attempts. */
export interface CallWork {
  readonly call: TracedRemoteCall;
  readonly policy: ResolvedPolicy;
  readonly request: ContractRequest;
}

/** What an attempt needs of its adapter. */
export interface AttemptServices {
  readonly authenticator: Authenticator;
  readonly clock: Clock;
}

/**
 * Makes one attempt at one endpoint. It never rejects.
 * A ticket that the breaker gave out goes back to it, whatever the attempt came to.
 */
export async function makeAttempt(
  work: CallWork,
  route: CallRoute,
  number: number,
  services: AttemptServices,
): Promise<PlacedOutcome> {
  const { policy, call } = work;
  const begunAt = services.clock.now();
  const remainingMs = Math.ceil(call.context.deadline - begunAt);
  if (remainingMs <= 0) return { outcome: outOfTime(undefined, number - 1), place: undefined };
  const place = route.choose();
  const ticket = place?.endpoint.breaker.enter();
  if (place === undefined || ticket === undefined) {
    return { outcome: circuitOpen(route, place, number - 1, begunAt), place: undefined };
  }
  const { endpoint } = place;
  const { breaker } = endpoint;
  const endsAtDeadline = remainingMs < policy.timeoutMs;
  const timeoutMs = endsAtDeadline ? remainingMs : policy.timeoutMs;
  endpoint.pending += 1;
  noteAttempt(call.context);
  const outcome = await exchange(work, place.target, { number, timeoutMs, endsAtDeadline }, services);
  endpoint.pending -= 1;
  measure(place, outcome, begunAt, services.clock.now());
  if (outcome.ok || outcome.health === 'up') breaker.succeeded(ticket, policy.breaker);
  else if (outcome.health === 'down') breaker.failed(ticket, policy.breaker, outcome.error.code);
  else breaker.abandoned(ticket);
  return { outcome, place };
}

/** What an attempt came to, and where it was made; `undefined` where it was not. */
export interface PlacedOutcome {
  readonly outcome: AttemptOutcome;
  readonly place: Candidate | undefined;
}

/** An endpoint that fails at once must not look like a quick one. */
const FAILURE_COUNTS_AS_MS = 1_000;

function measure({ endpoint }: Candidate, outcome: AttemptOutcome, begunAt: number, now: number): void {
  const elapsedMs = now - begunAt;
  if (outcome.ok || outcome.health === 'up') endpoint.latency.observe(elapsedMs, now);
  else if (outcome.health === 'down') endpoint.latency.observe(Math.max(elapsedMs, FAILURE_COUNTS_AS_MS), now);
}

async function exchange(
  work: CallWork,
  target: HttpTarget,
  facts: AttemptFacts,
  { authenticator, clock }: AttemptServices,
): Promise<AttemptOutcome> {
  const { signal } = work.call.context;
  try {
    return readAnswer(await send(work, target, facts, authenticator), facts, clock);
  } catch (thrown) {
    return signal.aborted
      ? ended(work.call.context, { cause: thrown, attempts: facts.number, clock })
      : readFailure(thrown, facts);
  }
}

function send(
  work: CallWork,
  target: HttpTarget,
  facts: AttemptFacts,
  authenticator: Authenticator,
): Promise<HttpAnswer> {
  const { call, request, policy } = work;
  const { signal, wantsProgress = false } = call.context;
  const client = authenticator.client(call.connection, { egress: call.policy?.egress });
  const exchange = {
    target,
    method: 'POST',
    path: request.path,
    headers: writeHeaders(request, {
      timeoutMs: facts.timeoutMs,
      wantsEvents: wantsProgress,
    }),
    body: request.body,
    timeoutMs: facts.timeoutMs,
    maxResponseBytes: policy.maxResponseBytes,
    signal,
  };
  return wantsProgress ? streamedExchange(client, exchange, call.context) : client.exchange(exchange);
}

function circuitOpen(route: CallRoute, place: Candidate | undefined, attempts: number, now: number): AttemptFailure {
  const state = place?.endpoint.breaker.state;
  const why =
    state === undefined
      ? 'each kept failing'
      : state.kind === 'open'
        ? `it kept failing (${state.reason})`
        : 'another call is trying it out';
  const error = new CapstanError('CAPSTAN_CIRCUIT_OPEN', `${route.describe()} is left alone: ${why}.`, {
    details: { retry_after_ms: route.retryAfterMs(now), attempts },
  });
  return { ok: false, error, repetition: 'never', health: 'unknown' };
}
