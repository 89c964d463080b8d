import { DEFAULT_BREAKER } from '@capstan/http';
import type { BreakerPolicy, RemoteCallPolicy, RetryPolicy } from '@capstan/sdk';

/** What holds for a call whose own policy says nothing. */
export interface RemoteDefaults {
  /** Per attempt. Default 30,000. */
  readonly timeoutMs: number;
  /** Default: 3 retries, from 250 ms to 10 s. */
  readonly retry: RetryPolicy;
  readonly breaker: BreakerPolicy;
  /** Default 10 MiB. */
  readonly maxResponseBytes: number;
}

/** The policy of one call, with nothing left open. */
export interface ResolvedPolicy extends RemoteDefaults {
  readonly repeatable: boolean;
}

/** The defaults of the contract. */
export const REMOTE_DEFAULTS: RemoteDefaults = Object.freeze({
  timeoutMs: 30_000,
  retry: Object.freeze({ maxRetries: 3, baseMs: 250, maxMs: 10_000 }),
  breaker: DEFAULT_BREAKER,
  maxResponseBytes: 10 * 1024 * 1024,
});

/** Fills a call's policy from the host's defaults. */
export function resolvePolicy(policy: RemoteCallPolicy | undefined, defaults: RemoteDefaults): ResolvedPolicy {
  return {
    timeoutMs: policy?.timeoutMs ?? defaults.timeoutMs,
    retry: policy?.retry ?? defaults.retry,
    breaker: policy?.breaker ?? defaults.breaker,
    maxResponseBytes: defaults.maxResponseBytes,
    repeatable: policy?.repeatable ?? false,
  };
}
