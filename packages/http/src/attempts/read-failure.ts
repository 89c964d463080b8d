import { maskSecrets } from '@capstan/schema';
import {
  CapstanError,
  type CapstanErrorOptions,
  type Clock,
  type ErrorCode,
  isCapstanError,
  type ToolContext,
} from '@capstan/sdk';
import { egressHintOf } from '../address-guard.ts';
import { credentialFailureOf } from '../auth/index.ts';
import { HttpFailure, type HttpFailureKind } from '../http-failure.ts';
import type { AttemptFacts, AttemptFailure, EndpointHealth, Repetition } from './attempt-failure.ts';

interface Meaning {
  readonly code: ErrorCode;
  readonly health: EndpointHealth;
  readonly options?: CapstanErrorOptions;
}

/** What each kind of transport failure is to a caller, and what it says about the endpoint. */
const MEANINGS: Readonly<Record<HttpFailureKind, Meaning>> = {
  egress_denied: { code: 'CAPSTAN_EGRESS_DENIED', health: 'unknown' },
  invalid_request: { code: 'CAPSTAN_INVALID_REQUEST', health: 'unknown' },
  dns: { code: 'CAPSTAN_REMOTE_UNREACHABLE', health: 'down' },
  refused: { code: 'CAPSTAN_REMOTE_UNREACHABLE', health: 'down' },
  tls: {
    code: 'CAPSTAN_REMOTE_UNREACHABLE',
    health: 'down',
    options: {
      retriable: false,
      hint: 'Mend the certificate of the service, or let the host trust its authority (a CA file).',
    },
  },
  reset: { code: 'CAPSTAN_REMOTE_UNREACHABLE', health: 'down' },
  timeout: { code: 'CAPSTAN_REMOTE_TIMEOUT', health: 'down' },
  cancelled: { code: 'CAPSTAN_CANCELLED', health: 'unknown' },
  too_large: {
    code: 'CAPSTAN_REMOTE_TOO_LARGE',
    health: 'up',
    options: { hint: 'Ask for less: a smaller page, fewer fields; or let the tool take longer answers.' },
  },
  truncated: {
    code: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
    health: 'down',
    options: {
      retriable: true,
      hint: 'The answer broke off; look at the log of the remote service and of what stands before it.',
    },
  },
  protocol: { code: 'CAPSTAN_REMOTE_INVALID_RESPONSE', health: 'down' },
  closed: { code: 'CAPSTAN_DRAINING', health: 'unknown' },
};

/** Makes of an exchange without an answer a typed failure. */
export function readFailure(thrown: unknown, facts: Omit<AttemptFacts, 'timeoutMs'>): AttemptFailure {
  const unauthorized = credentialFailureOf(thrown);
  if (unauthorized !== undefined) return withoutCredentials(unauthorized, facts);
  if (!(thrown instanceof HttpFailure)) return unexpected(thrown);
  if (thrown.kind === 'timeout' && facts.endsAtDeadline) return outOfTime(thrown, facts.number);
  const { code, health, options } = isTokenRefused(thrown) ? BAD_TOKEN : MEANINGS[thrown.kind];
  const error = new CapstanError(code, maskSecrets(sentenceCase(thrown.message)), {
    ...options,
    ...egressHintOf(thrown),
    cause: thrown,
    details: {
      reason: thrown.kind,
      ...(thrown.status === undefined ? {} : { remote_status: thrown.status }),
      attempts: facts.number,
    },
  });
  return { ok: false, error, repetition: repetitionOf(thrown, error), health, isUnsent: !thrown.sent };
}

/** The invocation's own time is up. Only a first attempt had time enough to blame the endpoint. */
export function outOfTime(cause: unknown, attempts: number): AttemptFailure {
  const error = new CapstanError(
    'CAPSTAN_DEADLINE_EXCEEDED',
    'The deadline passed before the remote service answered.',
    {
      cause,
      details: { attempts },
    },
  );
  return { ok: false, error, repetition: 'never', health: attempts === 1 ? 'down' : 'unknown' };
}

/** The caller's signal was aborted: by the caller, or because the time is up. */
export function ended(
  { signal, deadline }: Pick<ToolContext, 'signal' | 'deadline'>,
  { cause, attempts, clock }: { readonly cause: unknown; readonly attempts: number; readonly clock: Clock },
): AttemptFailure {
  const { reason } = signal;
  const isOutOfTime =
    (isCapstanError(reason) && reason.code === 'CAPSTAN_DEADLINE_EXCEEDED') ||
    (reason instanceof Error && reason.name === 'TimeoutError') ||
    clock.now() >= deadline;
  if (isOutOfTime) return outOfTime(cause, attempts);
  const error = new CapstanError('CAPSTAN_CANCELLED', 'The call was cancelled.', { cause, details: { attempts } });
  return { ok: false, error, repetition: 'never', health: 'unknown' };
}

/** A token out of a file often ends with a line break. */
const BAD_TOKEN: Meaning = {
  code: 'CAPSTAN_CONFIG_INVALID',
  health: 'unknown',
  options: {
    hint: 'The token of the connection has a character that no header can carry; look for a line break at its end.',
  },
};

function isTokenRefused({ kind, message }: HttpFailure): boolean {
  return kind === 'invalid_request' && /authorization/i.test(message);
}

/** Nothing was sent, and it says nothing about the endpoint. */
function withoutCredentials(error: CapstanError, { number }: Pick<AttemptFacts, 'number'>): AttemptFailure {
  const { code, message, hint, retriable, details, cause } = error;
  const retryAfterMs = typeof details.retry_after_ms === 'number' ? details.retry_after_ms : undefined;
  return {
    ok: false,
    error: new CapstanError(code, message, { hint, retriable, details: { ...details, attempts: number }, cause }),
    repetition: retriable ? 'nothing_done' : 'never',
    health: 'unknown',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function unexpected(cause: unknown): AttemptFailure {
  const error = new CapstanError('CAPSTAN_INTERNAL', 'The call of the remote service failed inside the host.', {
    cause,
  });
  return { ok: false, error, repetition: 'never', health: 'unknown' };
}

function repetitionOf({ sent }: HttpFailure, error: CapstanError): Repetition {
  if (!error.retriable || error.code === 'CAPSTAN_DRAINING') return 'never';
  return sent ? 'if_repeatable' : 'nothing_done';
}

function sentenceCase(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
