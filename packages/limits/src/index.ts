export type { ConcurrencyLimiter, SlotRule, SlotVerdict } from './concurrency/concurrency-limiter.ts';
export {
  createMemoryConcurrencyLimiter,
  MemoryConcurrencyLimiter,
} from './concurrency/memory-concurrency-limiter.ts';
export { createMemoryRateLimiter, MemoryRateLimiter } from './rate/memory-rate-limiter.ts';
export type { RateLimiter, WindowRule, WindowState, WindowVerdict } from './rate/rate-limiter.ts';
