import { credentialFailureOf, egressHintOf, HttpFailure, type HttpFailureKind } from '@capstan/http';
import { maskSecrets } from '@capstan/schema';
import {
  CapstanError,
  type CapstanErrorOptions,
  type Clock,
  type ErrorCode,
  isCapstanError,
  type ToolContext,
} from '@capstan/sdk';
import type { AttemptOutcome, EndpointHealth } from './attempt-outcome.ts';

interface Meaning {
  readonly code: ErrorCode;
  readonly health: EndpointHealth;
  readonly options?: CapstanErrorOptions;
}

const BROKE_OFF =
  'The answer could not be read to its end; look at the log of the service and of what stands before it.';

const MEANINGS: Readonly<Record<HttpFailureKind, Meaning>> = {
  egress_denied: { code: 'CAPSTAN_EGRESS_DENIED', health: 'unknown' },
  invalid_request: { code: 'CAPSTAN_INVALID_REQUEST', health: 'unknown' },
  dns: { code: 'CAPSTAN_REMOTE_UNREACHABLE', health: 'down' },
  refused: { code: 'CAPSTAN_REMOTE_UNREACHABLE', health: 'down' },
  tls: { code: 'CAPSTAN_REMOTE_UNREACHABLE', health: 'down', options: { retriable: false } },
  reset: { code: 'CAPSTAN_REMOTE_UNREACHABLE', health: 'down' },
  timeout: { code: 'CAPSTAN_REMOTE_TIMEOUT', health: 'down' },
  cancelled: { code: 'CAPSTAN_CANCELLED', health: 'unknown' },
  too_large: {
    code: 'CAPSTAN_REMOTE_TOO_LARGE',
    health: 'up',
    options: { hint: 'Ask for less: a smaller page, fewer fields; or raise response.max_bytes of the tool.' },
  },
  truncated: { code: 'CAPSTAN_REMOTE_INVALID_RESPONSE', health: 'down', options: { retriable: true, hint: BROKE_OFF } },
  protocol: { code: 'CAPSTAN_REMOTE_INVALID_RESPONSE', health: 'down', options: { hint: BROKE_OFF } },
  closed: { code: 'CAPSTAN_DRAINING', health: 'unknown' },
};

/** The circumstances of an attempt that gave no answer. */
export interface FailureFacts {
  readonly attempts: number;
  readonly endsAtDeadline: boolean;
  readonly context: ToolContext;
  readonly clock: Clock;
}

/** Makes of an exchange without an answer a typed failure. */
export function readFailure(thrown: unknown, facts: FailureFacts): AttemptOutcome {
  if (facts.context.signal.aborted) return ended(thrown, facts);
  const unauthorized = credentialFailureOf(thrown);
  if (unauthorized) return { kind: 'failure', error: unauthorized, repetition: 'never', health: 'unknown' };
  if (!(thrown instanceof HttpFailure)) return unexpected(thrown);
  if (thrown.kind === 'timeout' && facts.endsAtDeadline) return outOfTime(thrown, facts.attempts);
  const { code, health, options } = MEANINGS[thrown.kind];
  const error = new CapstanError(
    code,
    maskSecrets(`${thrown.message.charAt(0).toUpperCase()}${thrown.message.slice(1)}.`),
    {
      ...options,
      ...egressHintOf(thrown),
      cause: thrown,
      details: {
        reason: thrown.kind,
        ...(thrown.status === undefined ? {} : { remote_status: thrown.status }),
        attempts: facts.attempts,
      },
    },
  );
  const mayRepeat = error.retriable && code !== 'CAPSTAN_DRAINING';
  const repetition = !mayRepeat ? 'never' : thrown.sent ? 'if_repeatable' : 'nothing_done';
  return { kind: 'failure', error, repetition, health };
}

/** The caller's signal was aborted: by the caller, or because the time is up. */
export function ended(
  cause: unknown,
  { context, clock, attempts }: Omit<FailureFacts, 'endsAtDeadline'>,
): AttemptOutcome {
  const { reason } = context.signal;
  const isDeadline = isCapstanError(reason) && reason.code === 'CAPSTAN_DEADLINE_EXCEEDED';
  const isTimeout = reason instanceof Error && reason.name === 'TimeoutError';
  if (isDeadline || isTimeout || clock.now() >= context.deadline) return outOfTime(cause, attempts);
  const error = new CapstanError('CAPSTAN_CANCELLED', 'The call was cancelled.', { cause, details: { attempts } });
  return { kind: 'failure', error, repetition: 'never', health: 'unknown' };
}

/** The call's own time is up. Only a first attempt had time enough to blame the endpoint. */
export function outOfTime(cause: unknown, attempts: number): AttemptOutcome {
  const error = new CapstanError('CAPSTAN_DEADLINE_EXCEEDED', 'The deadline passed before the service answered.', {
    cause,
    details: { attempts },
  });
  return { kind: 'failure', error, repetition: 'never', health: attempts === 1 ? 'down' : 'unknown' };
}

function unexpected(cause: unknown): AttemptOutcome {
  const error = new CapstanError('CAPSTAN_INTERNAL', 'The call of the service failed inside the host.', { cause });
  return { kind: 'failure', error, repetition: 'never', health: 'unknown' };
}
