import { setTimeout as systemSleep } from 'node:timers/promises';
import {
  type AttemptFailure,
  type Authenticator,
  type CallRoute,
  type Candidate,
  type CircuitView,
  createAuthenticator,
  Endpoints,
  ended,
  makeAttempts,
  pauseBeforeRetry,
} from '@capstan/http';
import { CapstanError, isCapstanError, type JsonValue, type ToolConnection } from '@capstan/sdk';
import type { HostRemoteToolAdapter, RemoteToolAdapterOptions } from './adapter-options.ts';
import { type CallWork, makeAttempt, type PlacedOutcome } from './attempt.ts';
import type { AttemptSuccess } from './attempt-outcome.ts';
import { type BatchItemOutcome, callBatch } from './batch/call-batch.ts';
import { REMOTE_DEFAULTS, type RemoteDefaults, resolvePolicy } from './call-policy.ts';
import { type TracedBatchCall, type TracedRemoteCall, writeRequest } from './contract-request.ts';
import { followJob } from './long-work/follow-job.ts';
import { PreparedConnections } from './prepared-connection.ts';
import { ServiceCatalog } from './service-catalog.ts';

/** Builds the one adapter that a host wires into all tools. */
export function createRemoteToolAdapter(options: RemoteToolAdapterOptions): HostRemoteToolAdapter {
  return new ContractAdapter(options);
}

/**
 * 1. A call makes its attempts one after the other; between two of them it holds no socket.
 * 2. A pause ends early when the caller's signal is aborted or the adapter is closed, and leaves no listener behind.
 * 3. After `close` was called no attempt begins.
 * 4. What a retry budget let through is given back when the attempt is over. A call of which nothing was sent, and which
 *    goes to another endpoint, asks for no budget: it is no more load than any call.
 */
class ContractAdapter implements HostRemoteToolAdapter {
  readonly #options: RemoteToolAdapterOptions;
  readonly #authenticator: Authenticator;
  readonly #defaults: RemoteDefaults;
  readonly #connections: PreparedConnections;
  readonly #endpoints: Endpoints;
  readonly #catalog: ServiceCatalog;
  readonly #sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly #pauses = new Set<AbortController>();
  readonly #afterwork = new Set<Promise<unknown>>();
  #closed = false;

  constructor(options: RemoteToolAdapterOptions) {
    const { http, clock, random, logger, resolveSrv } = options;
    this.#options = options;
    this.#authenticator = options.authenticator ?? createAuthenticator({ http, clock });
    this.#defaults = { ...REMOTE_DEFAULTS, ...options.defaults };
    this.#endpoints = options.endpoints ?? new Endpoints(clock, options.onCircuit);
    this.#connections = new PreparedConnections(http, this.#endpoints, {
      clock,
      random,
      breaker: this.#defaults.breaker,
      ...options.balancing,
      ...(resolveSrv === undefined ? {} : { resolveSrv }),
      onDiscoveryFailure: (cause) => logger?.warn('a service registry fails; its last answer stays in use', { cause }),
    });
    this.#catalog = new ServiceCatalog(this.#authenticator, clock);
    this.#sleep = options.sleep ?? ((ms, signal) => systemSleep(ms, undefined, { signal }));
  }

  async call(call: TracedRemoteCall): Promise<JsonValue> {
    this.#refuseWhenClosed();
    const connection = this.#connections.of(call.connection, call.policy?.egress);
    const work = { call, policy: resolvePolicy(call.policy, this.#defaults), request: writeRequest(call) };
    const route = this.#connections.route(connection);
    return this.#run(work, route instanceof Promise ? await route : route);
  }

  async takesBatches(call: Omit<TracedRemoteCall, 'params'>): Promise<boolean> {
    if (this.#closed) return false;
    try {
      const connection = this.#connections.of(call.connection, call.policy?.egress);
      const place = (await this.#connections.route(connection)).choose();
      const offer = place && (await this.#catalog.offerOf(place, call.connection, call.context.signal));
      return offer?.batch.has(`${call.toolType}.${call.action}`) ?? false;
    } catch (error) {
      // Whatever is wrong with the connection, the calls themselves will say.
      if (isCapstanError(error)) return false;
      throw error;
    }
  }

  async callBatch(call: TracedBatchCall): Promise<readonly BatchItemOutcome[]> {
    this.#refuseWhenClosed();
    const connection = this.#connections.of(call.connection, call.policy?.egress);
    const route = await this.#connections.route(connection);
    const place = route.choose();
    const offer = place && (await this.#catalog.offerOf(place, call.connection, call.context.signal));
    return callBatch(call, {
      isOffered: offer?.batch.has(`${call.toolType}.${call.action}`) ?? false,
      single: (item) => this.call(item),
      whole: (request, whole) =>
        this.#run({ call: whole, policy: resolvePolicy(call.policy, this.#defaults), request }, route),
    });
  }

  circuits(): readonly CircuitView[] {
    return this.#endpoints.views();
  }

  release(connection: ToolConnection): void {
    this.#connections.release(connection);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#connections.close();
    for (const pause of this.#pauses) pause.abort();
    await Promise.all(this.#afterwork);
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new CapstanError('CAPSTAN_DRAINING', 'The host takes no more calls of remote tools.');
  }

  async #run(work: CallWork, route: CallRoute): Promise<JsonValue> {
    const services = { authenticator: this.#authenticator, clock: this.#options.clock };
    const { outcome, place } = await makeAttempts<PlacedOutcome>({
      retries: route.retries,
      attempt: (number) => makeAttempt(work, route, number, services),
      pauseAfter: ({ outcome: failure, place: failed }, attempts) => {
        if (failure.ok) return undefined;
        if (failed !== undefined) route.failed(failed);
        return this.#pauseAfter(failure, { work, route, place: failed, attempts });
      },
      isFree: ({ outcome: failure }) => !failure.ok && failure.isUnsent === true && route.canFailOver(), // 4
      onRetry: ({ outcome: failure, place: failed }, { isGranted, number, pauseMs }) => {
        failed?.endpoint.noteRetry(isGranted);
        if (isGranted && !failure.ok) logRetry(work, failure, number, pauseMs);
      },
      pause: (ms, { outcome: failure }, attempts) =>
        failure.ok ? Promise.resolve() : this.#pause(ms, work, { error: failure.error, attempts }),
    });
    if (!outcome.ok) throw outcome.error;
    return outcome.job === undefined ? outcome.result : this.#follow(outcome, work, place);
  }

  async #pauseAfter(failure: AttemptFailure, after: FailedAttempt): Promise<number | undefined> {
    const { work, route, attempts } = after;
    if (this.#closed || failure.repetition === 'never' || attempts > work.policy.retry.maxRetries) return undefined;
    const repeatable = work.policy.repeatable || (await this.#isIdempotentThere(failure, after));
    const now = this.#options.clock.now();
    const isElsewhere = route.canFailOver();
    const pauseMs = pauseBeforeRetry({
      failure,
      attempts,
      retry: work.policy.retry,
      repeatable,
      remainingMs: work.call.context.deadline - now,
      random: this.#options.random,
      isElsewhere,
    });
    // With the breaker still open by then, the failure at hand tells more than "circuit open" would.
    return pauseMs === undefined || route.retryAfterMs(now + pauseMs) > 0 ? undefined : pauseMs;
  }

  /** Asked only where the answer decides. Then the call stays there: another endpoint may not know its key. */
  async #isIdempotentThere(failure: AttemptFailure, { work, route, place }: FailedAttempt): Promise<boolean> {
    if (failure.repetition !== 'if_repeatable' || place === undefined) return false;
    if (place.endpoint.breaker.retryAfterMs() > 0) return false;
    const { connection, context } = work.call;
    const { idempotency } = await this.#catalog.offerOf(place, connection, context.signal);
    if (idempotency) route.stick(place);
    return idempotency;
  }

  #follow(
    { job }: Extract<AttemptSuccess, { readonly job: object }>,
    work: CallWork,
    place: Candidate | undefined,
  ): Promise<JsonValue> {
    if (place === undefined) throw new Error('an attempt that succeeded nowhere');
    return followJob(work, place, job, {
      authenticator: this.#authenticator,
      clock: this.#options.clock,
      pause: (ms) => this.#pause(ms, work, { error: closing(), attempts: 1 }),
      track: (afterwork) => {
        this.#afterwork.add(afterwork);
        afterwork.finally(() => this.#afterwork.delete(afterwork));
      },
    });
  }

  /** @throws CapstanError where the call must not go on after the pause. */
  async #pause(ms: number, work: CallWork, last: { error: CapstanError; attempts: number }): Promise<void> {
    const { signal } = work.call.context;
    const pause = new AbortController();
    const stop = (): void => pause.abort();
    this.#pauses.add(pause);
    signal.addEventListener('abort', stop);
    try {
      if (!signal.aborted) await this.#sleep(ms, pause.signal);
    } catch (thrown) {
      if (!pause.signal.aborted) throw thrown;
    } finally {
      signal.removeEventListener('abort', stop); // 2
      this.#pauses.delete(pause);
    }
    const { error, attempts } = last;
    if (signal.aborted) throw ended(work.call.context, { cause: error, attempts, clock: this.#options.clock }).error;
    if (this.#closed) throw error; // 3
  }
}

interface FailedAttempt {
  readonly work: CallWork;
  readonly route: CallRoute;
  readonly place: Candidate | undefined;
  readonly attempts: number;
}

function closing(): CapstanError {
  return new CapstanError('CAPSTAN_DRAINING', 'The host stopped before the job at the remote service was over.');
}

function logRetry({ call }: CallWork, { error }: AttemptFailure, attempts: number, pauseMs: number): void {
  call.context.logger.debug('a remote call failed and is tried again', {
    tool: `${call.toolType}.${call.action}`,
    code: error.code,
    attempts,
    pause_ms: Math.round(pauseMs),
  });
}
