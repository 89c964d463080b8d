import type { CapstanError } from '@capstan/sdk';

/**
 * Whether the same request may be made again.
 * `nothing_done`: the service has not done the work, so anyone may repeat. `if_repeatable`: it may have.
 */
export type Repetition = 'never' | 'if_repeatable' | 'nothing_done';

/** What an attempt says about the endpoint, for its breaker. */
export type EndpointHealth = 'up' | 'down' | 'unknown';

/** What an attempt says about a next one, whatever it came to. */
export interface AttemptVerdict {
  readonly repetition: Repetition;
  readonly health: EndpointHealth;
  /** How long the service asked to wait. */
  readonly retryAfterMs?: number;
}

/** A failed attempt: the error as the caller will see it, and what may be done about it. */
export interface AttemptFailure extends AttemptVerdict {
  readonly ok: false;
  readonly error: CapstanError;
  /** Nothing of the request went out: whoever tries elsewhere puts no load on the service twice. */
  readonly isUnsent?: boolean;
}

/** What is known about an attempt whatever becomes of it. */
export interface AttemptFacts {
  /** From 1. */
  readonly number: number;
  /** What the attempt was given, in ms. */
  readonly timeoutMs: number;
  /** Whether the invocation's deadline, not the tool's timeout, decided that. */
  readonly endsAtDeadline: boolean;
}
