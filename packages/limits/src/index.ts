export { type CacheKey, type CacheScope, type Invalidation, marksOf } from './cache/cache-key.ts';
export {
  type CacheCounts,
  type CacheEntryView,
  type CacheFinding,
  type CacheStatistics,
  type CacheTicket,
  createResultCache,
  ResultCache,
  type ResultCacheOptions,
} from './cache/result-cache.ts';
export type { CachedText, SecondLevel, SecondLevelFinding } from './cache/second-level.ts';
export type { ConcurrencyLimiter, SlotRule, SlotVerdict } from './concurrency/concurrency-limiter.ts';
export {
  createMemoryConcurrencyLimiter,
  MemoryConcurrencyLimiter,
} from './concurrency/memory-concurrency-limiter.ts';
export { createMemoryRateLimiter, MemoryRateLimiter } from './rate/memory-rate-limiter.ts';
export type { RateLimiter, WindowRule, WindowState, WindowVerdict } from './rate/rate-limiter.ts';
