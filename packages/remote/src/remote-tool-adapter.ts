import { setTimeout as systemSleep } from 'node:timers/promises';
import { type CircuitBreaker, CircuitBreakers, type CircuitView } from '@capstan/http';
import { CapstanError, type JsonValue } from '@capstan/sdk';
import type { HostRemoteToolAdapter, RemoteToolAdapterOptions } from './adapter-options.ts';
import { type CallWork, ended, makeAttempt } from './attempt.ts';
import type { AttemptFailure } from './attempt-outcome.ts';
import { REMOTE_DEFAULTS, type RemoteDefaults, resolvePolicy } from './call-policy.ts';
import { type TracedRemoteCall, writeRequest } from './contract-request.ts';
import { PreparedConnections } from './prepared-connection.ts';
import { pauseBeforeRetry } from './retry-decision.ts';

/** Builds the one adapter that a host wires into all tools. */
export function createRemoteToolAdapter(options: RemoteToolAdapterOptions): HostRemoteToolAdapter {
  return new ContractAdapter(options);
}

/**
 * 1. A call makes its attempts one after the other; between two of them it holds no socket.
 * 2. A pause ends early when the caller's signal is aborted or the adapter is closed, and leaves no listener behind.
 * 3. After `close` was called no attempt begins.
 */
class ContractAdapter implements HostRemoteToolAdapter {
  readonly #options: RemoteToolAdapterOptions;
  readonly #defaults: RemoteDefaults;
  readonly #connections: PreparedConnections;
  readonly #breakers: CircuitBreakers;
  readonly #sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly #pauses = new Set<AbortController>();
  #closed = false;

  constructor(options: RemoteToolAdapterOptions) {
    this.#options = options;
    this.#defaults = { ...REMOTE_DEFAULTS, ...options.defaults };
    this.#connections = new PreparedConnections(options.http);
    this.#breakers = new CircuitBreakers(options.clock, options.onCircuit);
    this.#sleep = options.sleep ?? ((ms, signal) => systemSleep(ms, undefined, { signal }));
  }

  async call(call: TracedRemoteCall): Promise<JsonValue> {
    if (this.#closed) throw new CapstanError('CAPSTAN_DRAINING', 'The host takes no more calls of remote tools.');
    return this.#run({
      call,
      connection: this.#connections.of(call.connection, call.policy?.egress),
      policy: resolvePolicy(call.policy, this.#defaults),
      request: writeRequest(call),
    });
  }

  circuits(): readonly CircuitView[] {
    return this.#breakers.views();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const pause of this.#pauses) pause.abort();
  }

  async #run(work: CallWork): Promise<JsonValue> {
    const breaker = this.#breakers.of(work.connection.endpoint);
    for (let number = 1; ; number += 1) {
      const outcome = await makeAttempt(work, breaker, number, this.#options);
      if (outcome.ok) return outcome.result;
      const pauseMs = this.#pauseAfter(outcome, work, breaker, number);
      if (pauseMs === undefined) throw outcome.error;
      const { call } = work;
      call.context.logger.debug('a remote call failed and is tried again', {
        tool: `${call.toolType}.${call.action}`,
        code: outcome.error.code,
        attempts: number,
        pause_ms: Math.round(pauseMs),
      });
      await this.#pause(pauseMs, work, { failure: outcome, attempts: number });
    }
  }

  #pauseAfter(failure: AttemptFailure, work: CallWork, breaker: CircuitBreaker, attempts: number): number | undefined {
    if (this.#closed) return undefined;
    const now = this.#options.clock.now();
    const pauseMs = pauseBeforeRetry({
      failure,
      attempts,
      retry: work.policy.retry,
      repeatable: work.policy.repeatable,
      remainingMs: work.call.context.deadline - now,
      random: this.#options.random,
    });
    // With the breaker still open by then, the failure at hand tells more than "circuit open" would.
    return pauseMs === undefined || breaker.retryAfterMs(now + pauseMs) > 0 ? undefined : pauseMs;
  }

  /** @throws CapstanError where the call must not go on after the pause. */
  async #pause(ms: number, work: CallWork, last: { failure: AttemptFailure; attempts: number }): Promise<void> {
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
    const { failure, attempts } = last;
    if (signal.aborted) throw ended(work, { cause: failure.error, attempts, clock: this.#options.clock }).error;
    if (this.#closed) throw failure.error; // 3
  }
}
