import { DEFAULT_BREAKER } from '@capstan/http';
import type { BreakerPolicy, RemoteCallPolicy, RetryPolicy } from '@capstan/sdk';
import type { HttpBackend } from '../backend/http-backend.ts';

/** The policy of one call, with nothing left open. */
export interface ResolvedPolicy {
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly breaker: BreakerPolicy;
  /** Whether a repetition is harmless. */
  readonly repeatable: boolean;
  readonly egress: readonly string[] | undefined;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RETRY: RetryPolicy = Object.freeze({ maxRetries: 3, baseMs: 250, maxMs: 10_000 });

/** Fills a call's policy. What only reads, and what carries an idempotency key, may be repeated whatever the tool says. */
export function resolvePolicy(backend: HttpBackend, policy: RemoteCallPolicy | undefined): ResolvedPolicy {
  const onlyReads = backend.method === 'GET' || backend.method === 'HEAD' || backend.method === 'OPTIONS';
  return {
    timeoutMs: policy?.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    retry: policy?.retry ?? DEFAULT_RETRY,
    breaker: policy?.breaker ?? DEFAULT_BREAKER,
    repeatable: onlyReads || backend.idempotencyHeader !== undefined || (policy?.repeatable ?? false),
    egress: policy?.egress,
  };
}
