import { type Clock, cacheable, type ToolCache } from '@capstan/sdk';

/** The service `cache`: every function that is made cacheable keeps answers of its own, by the host's clock. */
export function toolCacheOver(clock: Clock): ToolCache {
  return { cacheable: (work, options) => cacheable(work, { clock, ...options }) };
}
