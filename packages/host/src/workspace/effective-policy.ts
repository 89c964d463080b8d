import type { CallDefaults, PackPolicy } from '../settings/host-settings.ts';
import type { EffectivePolicy, EffectiveRateLimit } from './tool-entry.ts';

/** A pack that says nothing. */
export const NO_PACK_POLICY: PackPolicy = Object.freeze({});

/** What a tool says about its calls; everything optional. */
export interface DeclaredPolicy {
  readonly timeoutMs?: number;
  readonly deadlineMs?: number;
  readonly retry?: EffectivePolicy['retry'];
  readonly breaker?: EffectivePolicy['breaker'];
  readonly rateLimit?: EffectiveRateLimit;
  readonly fallback?: string;
}

const MINUTE_MS = 60_000;

/** The tool's own word where it has one, else the pack's, else the host's. */
export function effectivePolicy(
  declared: DeclaredPolicy,
  defaults: CallDefaults,
  pack: PackPolicy = NO_PACK_POLICY,
): EffectivePolicy {
  return {
    timeoutMs: declared.timeoutMs ?? pack.timeoutMs ?? defaults.timeoutMs,
    deadlineMs: declared.deadlineMs ?? pack.deadlineMs ?? defaults.deadlineMs,
    retry: declared.retry ?? { ...defaults.retry, ...pack.retry },
    breaker: declared.breaker ?? { ...defaults.breaker, ...pack.breaker },
    rateLimit: declared.rateLimit ?? defaultRateLimit(defaults),
    ...(declared.fallback === undefined ? {} : { fallback: declared.fallback }),
  };
}

function defaultRateLimit(defaults: CallDefaults): EffectiveRateLimit {
  return defaults.rateLimit
    ? { ...defaults.rateLimit, per: 'principal' }
    : { limit: Number.POSITIVE_INFINITY, windowMs: MINUTE_MS, per: 'principal' };
}
