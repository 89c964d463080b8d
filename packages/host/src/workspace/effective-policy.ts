import type { CallDefaults } from '../settings/host-settings.ts';
import type { EffectivePolicy, EffectiveRateLimit } from './tool-entry.ts';

/** What a tool says about its calls; everything optional. */
export interface DeclaredPolicy {
  readonly timeoutMs?: number;
  readonly deadlineMs?: number;
  readonly retry?: EffectivePolicy['retry'];
  readonly breaker?: EffectivePolicy['breaker'];
  readonly rateLimit?: EffectiveRateLimit;
}

const MINUTE_MS = 60_000;

/** The tool's own word where it has one, the host's otherwise. */
export function effectivePolicy(declared: DeclaredPolicy, defaults: CallDefaults): EffectivePolicy {
  return {
    timeoutMs: declared.timeoutMs ?? defaults.timeoutMs,
    deadlineMs: declared.deadlineMs ?? defaults.deadlineMs,
    retry: declared.retry ?? defaults.retry,
    breaker: declared.breaker ?? defaults.breaker,
    rateLimit: declared.rateLimit ?? defaultRateLimit(defaults),
  };
}

function defaultRateLimit(defaults: CallDefaults): EffectiveRateLimit {
  return defaults.rateLimit
    ? { ...defaults.rateLimit, per: 'principal' }
    : { limit: Number.POSITIVE_INFINITY, windowMs: MINUTE_MS, per: 'principal' };
}
