import type { HttpAnswer } from '@capstan/http';
import type { CapstanError } from '@capstan/sdk';

/** Whether the same request may be made again. `nothing_done`: by anyone; `if_repeatable`: the work may have been done. */
export type Repetition = 'never' | 'if_repeatable' | 'nothing_done';

/** What an attempt says about the endpoint, for its breaker. */
export type EndpointHealth = 'up' | 'down' | 'unknown';

/** What one attempt came to: an answer of any status, or none. */
export type AttemptOutcome = (
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  | { readonly kind: 'failure'; readonly error: CapstanError }
) & {
  readonly repetition: Repetition;
  readonly health: EndpointHealth;
  /** How long the service asked to wait. */
  readonly retryAfterMs?: number;
};
