import type { BreakerPolicy, RetryPolicy } from '@capstan/sdk';
import type { ManifestTool, RateLimit } from '../pack-manifest.ts';
import { type Fields, fieldsAt, member, numberAt, textAt, textsAt } from '../record.ts';

const MINUTE_MS = 60_000;

/** What the resilience of a tool is where its manifest leaves a part of it out. */
const RETRY: RetryPolicy = { maxRetries: 3, baseMs: 250, maxMs: 10_000 };
const BREAKER: BreakerPolicy = { failureThreshold: 5, recoveryTimeoutMs: 60_000, successThreshold: 3 };

/** Reads a rate limit: `10` means ten a minute for each principal. */
export function readRateLimit(tool: Fields): RateLimit | undefined {
  const perMinute = numberAt(tool, 'rate_limit');
  if (perMinute !== undefined) return { limit: perMinute, windowMs: MINUTE_MS, per: 'principal' };
  const limits = fieldsAt(tool, 'rate_limit');
  const limit = limits && numberAt(limits, 'limit');
  const windowMs = limits && numberAt(limits, 'window_ms');
  if (limits === undefined || limit === undefined || windowMs === undefined) return undefined;
  return { limit, windowMs, per: perOf(textAt(limits, 'per')) };
}

function perOf(written: string | undefined): RateLimit['per'] {
  return written === 'workspace' || written === 'connection' ? written : 'principal';
}

/** Reads when a failed attempt is made again. */
export function readRetry(tool: Fields): RetryPolicy | undefined {
  const retry = fieldsAt(tool, 'retry');
  if (!retry) return undefined;
  return {
    maxRetries: numberAt(retry, 'max_retries') ?? RETRY.maxRetries,
    baseMs: numberAt(retry, 'base_ms') ?? RETRY.baseMs,
    maxMs: numberAt(retry, 'max_ms') ?? RETRY.maxMs,
  };
}

/** Reads when an endpoint is left alone. The manifest counts its time in seconds. */
export function readBreaker(tool: Fields): BreakerPolicy | undefined {
  const breaker = fieldsAt(tool, 'breaker');
  if (!breaker) return undefined;
  const recoveryS = numberAt(breaker, 'recovery_timeout_s');
  return {
    failureThreshold: numberAt(breaker, 'failure_threshold') ?? BREAKER.failureThreshold,
    recoveryTimeoutMs: recoveryS === undefined ? BREAKER.recoveryTimeoutMs : recoveryS * 1000,
    successThreshold: numberAt(breaker, 'success_threshold') ?? BREAKER.successThreshold,
  };
}

/** Reads how long results may be kept. */
export function readCache(tool: Fields): ManifestTool['cache'] {
  const cache = member(tool, 'cache') === undefined ? undefined : fieldsAt(tool, 'cache');
  if (cache === undefined) return undefined;
  const [ttlS, staleS] = [numberAt(cache, 'ttl_s'), numberAt(cache, 'stale_s')];
  return {
    ...(ttlS === undefined ? {} : { ttlS }),
    ...(staleS === undefined ? {} : { staleS }),
    tags: textsAt(cache, 'tags'),
  };
}
