import type { BreakerPolicy, Clock } from '@capstan/sdk';

/** The state of one endpoint's breaker. Times are in ms since the epoch. */
export type CircuitState =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly since: number; readonly until: number; readonly reason: string }
  | { readonly kind: 'half_open'; readonly successes: number; readonly probing: boolean };

/** A change from one kind of state to another. */
export interface CircuitEvent {
  readonly endpoint: string;
  readonly from: CircuitState['kind'];
  readonly to: CircuitState['kind'];
  readonly at: number;
  /** Why it opened: the last failure. */
  readonly reason?: string;
}

/** What happened at a breaker since the start. */
export interface CircuitCounters {
  /** Calls that were let through. */
  readonly calls: number;
  /** Calls that failed in a way that counts. */
  readonly failures: number;
  /** Calls that were refused because the breaker was open. */
  readonly rejected: number;
  readonly lastFailure?: { readonly at: number; readonly reason: string };
}

/** The defaults: open after 5 failures in a row, probe after 60 s, close after 3 successes. */
export const DEFAULT_BREAKER: BreakerPolicy = Object.freeze({
  failureThreshold: 5,
  recoveryTimeoutMs: 60_000,
  successThreshold: 3,
});

/** Proof that a call was let through; handed back with its outcome. `undefined` stands for a refusal. */
export type CircuitTicket = number;

const CLOSED: CircuitState = { kind: 'closed', failures: 0 };
/** How long a call that comes while another one probes is told to wait. */
const PROBE_WAIT_MS = 1_000;

/**
 * The breaker of one endpoint. The state is shared by all who call the endpoint; the thresholds come with each call,
 * so that two tools with different policies need no two breakers.
 *
 * 1. A transition replaces the state; a change of its kind starts a new era.
 * 2. A ticket is the era in which it was given. The outcome of a call from an earlier era says nothing about this one
 *    and is dropped.
 * 3. Half open, one call probes at a time; the others are refused at once.
 * 4. Every ticket comes back as `succeeded`, `failed` or `abandoned`, or the probe would never end.
 */
export class CircuitBreaker {
  readonly endpoint: string;
  readonly #clock: Clock;
  readonly #onChange: ((event: CircuitEvent) => void) | undefined;
  #state: CircuitState = CLOSED;
  #era = 0;
  #calls = 0;
  #failures = 0;
  #rejected = 0;
  #lastFailure: CircuitCounters['lastFailure'];

  constructor(endpoint: string, clock: Clock, onChange?: (event: CircuitEvent) => void) {
    this.endpoint = endpoint;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The state as it stands; looking changes nothing. */
  get state(): CircuitState {
    return this.#state;
  }

  get counters(): CircuitCounters {
    return {
      calls: this.#calls,
      failures: this.#failures,
      rejected: this.#rejected,
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
    };
  }

  /** How long a caller should wait before it is worth asking again, at a moment; 0 where it would be let through. */
  retryAfterMs(at: number = this.#clock.now()): number {
    const state = this.#state;
    if (state.kind === 'open') return Math.max(0, state.until - at);
    return state.kind === 'half_open' && state.probing ? PROBE_WAIT_MS : 0;
  }

  /** Asks to make a call. @returns A ticket, or `undefined` where the call must not be made. */
  enter(): CircuitTicket | undefined {
    const state = this.#state;
    if (state.kind !== 'closed' && this.retryAfterMs() > 0) {
      this.#rejected += 1;
      return undefined;
    }
    this.#calls += 1;
    if (state.kind === 'closed') return this.#era;
    const successes = state.kind === 'half_open' ? state.successes : 0;
    this.#become({ kind: 'half_open', successes, probing: true });
    return this.#era;
  }

  /** The endpoint did its work, or refused it for a good reason. */
  succeeded(ticket: CircuitTicket, policy: BreakerPolicy): void {
    if (ticket !== this.#era) return;
    const state = this.#state;
    if (state.kind === 'closed' && state.failures > 0) this.#become(CLOSED);
    if (state.kind !== 'half_open') return;
    const successes = state.successes + 1;
    this.#become(successes >= policy.successThreshold ? CLOSED : { kind: 'half_open', successes, probing: false });
  }

  /** The endpoint failed. @param reason What an operator should read about it. */
  failed(ticket: CircuitTicket, policy: BreakerPolicy, reason: string): void {
    this.#failures += 1;
    this.#lastFailure = { at: this.#clock.now(), reason };
    if (ticket !== this.#era) return;
    const failures = this.#state.kind === 'closed' ? this.#state.failures + 1 : policy.failureThreshold;
    if (failures < policy.failureThreshold) {
      this.#become({ kind: 'closed', failures });
      return;
    }
    const since = this.#clock.now();
    this.#become({ kind: 'open', since, until: since + policy.recoveryTimeoutMs, reason });
  }

  /** The call ended without saying anything about the endpoint: it was cancelled, or forbidden here. */
  abandoned(ticket: CircuitTicket): void {
    if (ticket !== this.#era || this.#state.kind !== 'half_open') return;
    this.#become({ ...this.#state, probing: false });
  }

  /** Somebody looked at the endpoint without a call: it is back, so the next call may probe now. */
  probed(isUp: boolean, policy: BreakerPolicy): void {
    const state = this.#state;
    if (state.kind !== 'open') return;
    const now = this.#clock.now();
    this.#become({ ...state, until: isUp ? now : Math.max(state.until, now + policy.recoveryTimeoutMs) });
  }

  #become(next: CircuitState): void {
    const from = this.#state.kind;
    this.#state = next;
    if (from === next.kind) return;
    this.#era += 1;
    this.#onChange?.({
      endpoint: this.endpoint,
      from,
      to: next.kind,
      at: this.#clock.now(),
      ...(next.kind === 'open' ? { reason: next.reason } : {}),
    });
  }
}
