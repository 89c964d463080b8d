import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AttemptFailure,
  type AttemptVerdict,
  type Candidate,
  type EventListening,
  ended,
  type HttpAnswer,
  type HttpExchange,
  heardExchange,
  judgeAnswer,
  makeAttempts,
  noteAttempt,
  outOfTime,
  pauseBeforeRetry,
  readFailure,
} from '@capstan/http';
import {
  CapstanError,
  isCapstanError,
  type PackHttp,
  type RemoteCallPolicy,
  type ToolConnection,
  type ToolContext,
} from '@capstan/sdk';
import type { PackHttpServices } from './pack-http-services.ts';
import type { RequestRoute } from './request-routes.ts';

type RequestOptions = NonNullable<Parameters<PackHttp['request']>[1]>;

/** One request, through all its attempts. */
export interface RequestWork {
  readonly connection: ToolConnection;
  readonly policy: Required<RemoteCallPolicy>;
  readonly options: RequestOptions;
}

type Outcome = (AttemptVerdict & { readonly ok: true; readonly answer: HttpAnswer }) | AttemptFailure;
type PlacedOutcome = { readonly outcome: Outcome; readonly place: Candidate | undefined };
type Waiting = Pick<ToolContext, 'signal' | 'deadline'>;

/** RFC 9110, section 9.2.1: by their method these ask for nothing to be done. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Makes the attempts of requests.
 *
 * 1. A request is repeated where its method or its tool says that this is harmless, or where nothing was done.
 * 2. Once an event of a stream was heard, the request is not repeated: the pack would hear it twice.
 * 3. A ticket that a breaker gave out goes back to it, whatever the attempt came to.
 */
export class RequestAttempts {
  readonly #services: PackHttpServices;

  constructor(services: PackHttpServices) {
    this.#services = services;
  }

  /** The last answer, of any status. @throws CapstanError where there was none. */
  async run(way: RequestRoute, work: RequestWork): Promise<HttpAnswer> {
    const { policy, options } = work;
    const waiting = options.context ?? this.#untilTimeout(policy.timeoutMs);
    const { route } = way;
    const { outcome } = await makeAttempts<PlacedOutcome>({
      retries: route.retries,
      attempt: (number) => this.#attempt(way, work, { waiting, number }),
      pauseAfter: ({ outcome: last, place }, number) => {
        if (last.repetition === 'never') return undefined;
        if (place !== undefined && last.health === 'down') route.failed(place);
        return this.#pauseAfter(way, work, { waiting, number, last });
      },
      isFree: ({ outcome: last }) => !last.ok && last.isUnsent === true && route.canFailOver(),
      onRetry: ({ place }, { isGranted }) => place?.endpoint.noteRetry(isGranted),
      pause: (ms, _last, number) => this.#pause(ms, waiting, number),
    });
    if (outcome.ok) return outcome.answer;
    throw outcome.error;
  }

  #untilTimeout(timeoutMs: number): Waiting {
    return { signal: AbortSignal.timeout(timeoutMs), deadline: this.#services.clock.now() + timeoutMs };
  }

  async #attempt(
    way: RequestRoute,
    work: RequestWork,
    { waiting, number }: { readonly waiting: Waiting; readonly number: number },
  ): Promise<PlacedOutcome> {
    const { clock } = this.#services;
    const remainingMs = Math.ceil(waiting.deadline - clock.now());
    if (remainingMs <= 0) return { outcome: outOfTime(undefined, number - 1), place: undefined };
    const place = way.route.choose();
    const breaker = place?.endpoint.breaker;
    const ticket = breaker?.enter();
    if (place === undefined || breaker === undefined || ticket === undefined) {
      return { outcome: leftAlone(way, clock.now(), number - 1), place: undefined };
    }
    const { timeoutMs, breaker: thresholds } = work.policy;
    const endsAtDeadline = remainingMs < timeoutMs;
    noteAttempt(waiting);
    const begun = this.#exchange({
      way,
      place,
      work,
      signal: waiting.signal,
      timeoutMs: Math.min(timeoutMs, remainingMs),
    });
    const outcome = await begun.sent.then(
      (answer): Outcome => ({ ok: true, answer, ...judgeAnswer(answer, clock.now()) }),
      (thrown: unknown): Outcome =>
        waiting.signal.aborted
          ? ended(waiting, { cause: thrown, attempts: number, clock })
          : failureOf(thrown, { number, endsAtDeadline }),
    );
    if (outcome.health === 'up')
      breaker.succeeded(ticket, thresholds); // 3
    else if (outcome.health === 'down') breaker.failed(ticket, thresholds, reasonOf(outcome));
    else breaker.abandoned(ticket);
    return { outcome: begun.hasHeard() ? { ...outcome, repetition: 'never' } : outcome, place }; // 2
  }

  #exchange(sending: {
    readonly way: RequestRoute;
    readonly place: Candidate;
    readonly work: RequestWork;
    readonly signal: AbortSignal;
    readonly timeoutMs: number;
  }): { readonly sent: Promise<HttpAnswer>; readonly hasHeard: () => boolean } {
    const { way, place, work, signal, timeoutMs } = sending;
    const { http, authenticator } = this.#services;
    const { method = 'GET', headers = {}, body, onEvent } = work.options;
    const exchange: HttpExchange = {
      target: place.target,
      method,
      path: way.path,
      headers: lowerCase(headers),
      ...(body === undefined ? {} : { body }),
      timeoutMs,
      signal,
    };
    const sender = way.isOwnOrigin ? authenticator.client(work.connection, { egress: work.policy.egress }) : http;
    let heard = false;
    if (onEvent === undefined) return { sent: sender.exchange(exchange), hasHeard: () => false };
    const listening: EventListening = {
      hear(event) {
        heard = true;
        onEvent(event);
        return undefined;
      },
      awaitsBody: false,
    };
    return { sent: heardExchange(sender, exchange, listening), hasHeard: () => heard };
  }

  #pauseAfter(
    { route }: RequestRoute,
    { policy, options }: RequestWork,
    after: { readonly waiting: Waiting; readonly number: number; readonly last: Outcome },
  ): number | undefined {
    const now = this.#services.clock.now();
    const pauseMs = pauseBeforeRetry({
      failure: after.last,
      attempts: after.number,
      retry: policy.retry,
      repeatable: policy.repeatable || SAFE_METHODS.has(options.method ?? 'GET'), // 1
      remainingMs: after.waiting.deadline - now,
      isElsewhere: route.canFailOver(),
      random: this.#services.random,
    });
    // With the breaker still open by then, the failure at hand tells more than "circuit open" would.
    return pauseMs === undefined || route.retryAfterMs(now + pauseMs) > 0 ? undefined : pauseMs;
  }

  async #pause(ms: number, waiting: Waiting, number: number): Promise<void> {
    try {
      if (!waiting.signal.aborted) await sleep(ms, undefined, { signal: waiting.signal });
    } catch (thrown) {
      if (!waiting.signal.aborted) throw thrown;
    }
    if (waiting.signal.aborted) {
      throw ended(waiting, { cause: undefined, attempts: number, clock: this.#services.clock }).error;
    }
  }
}

function lowerCase(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** What a listener of the pack threw is the pack's own error. */
function failureOf(thrown: unknown, facts: { readonly number: number; readonly endsAtDeadline: boolean }): Outcome {
  if (!isCapstanError(thrown)) return readFailure(thrown, facts);
  return { ok: false, error: thrown, repetition: 'never', health: 'unknown' };
}

function leftAlone({ route }: RequestRoute, now: number, attempts: number): AttemptFailure {
  const error = new CapstanError(
    'CAPSTAN_CIRCUIT_OPEN',
    `${route.describe()} keeps failing and is left alone for now`,
    {
      details: { retry_after_ms: route.retryAfterMs(now), attempts },
    },
  );
  return { ok: false, error, repetition: 'never', health: 'unknown' };
}

function reasonOf(outcome: Outcome): string {
  return outcome.ok ? `status ${outcome.answer.status}` : outcome.error.code;
}
