export { createRedisConcurrencyLimiter } from './redis-concurrency-limiter.ts';
export { openRedis, type RedisConnection, type RedisOptions, type RedisState } from './redis-connection.ts';
export { createRedisRateLimiter } from './redis-rate-limiter.ts';
export { createRedisSecondLevel } from './redis-second-level.ts';
