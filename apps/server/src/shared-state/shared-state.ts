import type { HostOptions, SharedLimiters } from '@capstan/host';
import {
  createRedisConcurrencyLimiter,
  createRedisRateLimiter,
  createRedisSecondLevel,
  openRedis,
} from '@capstan/limits/redis';
import { CapstanError, type Logger } from '@capstan/sdk';

/** What the replicas of a host share in Redis. */
export interface SharedState {
  readonly limiters: SharedLimiters;
  /** Behind the cache of each replica. */
  readonly cacheLevel: NonNullable<HostOptions['cacheLevel']>;
  close(): Promise<void>;
}

/** What {@link openSharedState} takes. */
export interface SharedStateOptions {
  /** `redis://…` or `rediss://…` (`CAPSTAN_REDIS_URL`). */
  readonly url: string;
  /** How long a call waits for an answer. */
  readonly timeoutMs: number;
  readonly logger: Logger;
}

/**
 * Connects to Redis or Valkey. A server that is away stops nothing: the log says so, and when it is there.
 * @throws CapstanError CAPSTAN_CONFIG_INVALID for a URL that is none of Redis.
 */
export async function openSharedState({ url, timeoutMs, logger }: SharedStateOptions): Promise<SharedState> {
  refuseForeign(url);
  const connection = await openRedis({
    url,
    timeoutMs,
    onState: (state) => {
      if (state.kind === 'ready') logger.info('Redis answers: limits and cache are shared');
      else logger.warn('Redis does not answer: limits follow limits.on_redis_failure', { cause: state.cause });
    },
  });
  const cacheLevel = await createRedisSecondLevel(connection);
  return {
    cacheLevel,
    limiters: {
      rate: createRedisRateLimiter(connection),
      concurrency: createRedisConcurrencyLimiter(connection),
    },
    close: () => connection.close(),
  };
}

/** The URL may hold a password, so the message does not quote it. */
function refuseForeign(url: string): void {
  if (URL.canParse(url) && ['redis:', 'rediss:'].includes(new URL(url).protocol)) return;
  throw new CapstanError('CAPSTAN_CONFIG_INVALID', 'CAPSTAN_REDIS_URL is not the URL of a Redis server', {
    hint: 'Write redis://host:6379, or rediss:// for TLS; user and password go before the host.',
  });
}
