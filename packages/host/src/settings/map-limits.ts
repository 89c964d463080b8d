import { type JsonNode, memberOf, numberOr, wordOr } from './json-node.ts';
import { DEFAULT_CACHE, DEFAULT_LIMITS } from './settings-defaults.ts';
import type { HostSettings, LimitSettings, RateLimitSettings } from './settings-model.ts';

const MODES = ['open', 'closed'] as const;

/** The limits of a workspace or a connection; what is absent stays absent. */
export function limitsIn(node: JsonNode): LimitSettings {
  return { ...rateLimitIn(node), ...countsIn(node) };
}

/** A rate limit, where there is one. */
export function rateLimitIn(node: JsonNode): { readonly rateLimit?: RateLimitSettings } {
  const limit = memberOf(node, 'rate_limit');
  if (limit === undefined) return {};
  return { rateLimit: { limit: numberOr(limit, 'limit', 0), windowMs: numberOr(limit, 'window_ms', 0) } };
}

/** What is limited by a plain number, where it is. */
export function countsIn(node: JsonNode): Pick<LimitSettings, 'maxInFlight' | 'dailyQuota'> {
  const maxInFlight = memberOf(node, 'max_in_flight');
  const dailyQuota = memberOf(node, 'daily_quota');
  return {
    ...(typeof maxInFlight === 'number' ? { maxInFlight } : {}),
    ...(typeof dailyQuota === 'number' ? { dailyQuota } : {}),
  };
}

/** How limits are counted by several replicas. */
export function sharedLimitsIn(node: JsonNode): HostSettings['limits'] {
  const failure = memberOf(node, 'on_redis_failure');
  const { onRedisFailure, redisTimeoutMs } = DEFAULT_LIMITS;
  return {
    onRedisFailure: {
      reads: wordOr(failure, 'reads', MODES, onRedisFailure.reads),
      writes: wordOr(failure, 'writes', MODES, onRedisFailure.writes),
    },
    redisTimeoutMs: numberOr(node, 'redis_timeout_ms', redisTimeoutMs),
  };
}

/** How many results are kept, and for how long. */
export function cacheIn(node: JsonNode): HostSettings['cache'] {
  return {
    maxEntries: numberOr(node, 'max_entries', DEFAULT_CACHE.maxEntries),
    maxBytes: numberOr(node, 'max_bytes', DEFAULT_CACHE.maxBytes),
    ttlMs: numberOr(node, 'ttl_s', DEFAULT_CACHE.ttlMs / 1_000) * 1_000,
  };
}

/** What becomes of audit records. */
export function auditIn(node: JsonNode): HostSettings['audit'] {
  const retentionDays = memberOf(node, 'retention_days');
  return typeof retentionDays === 'number' ? { retentionDays } : {};
}
