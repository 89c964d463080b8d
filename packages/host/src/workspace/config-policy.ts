import type { PackManifest } from '@capstan/manifest';
import type { ResolvedConfig } from '@capstan/sdk';
import type { PackPolicy } from '../settings/host-settings.ts';

/** Config keys of the seed that say how calls are made; times in seconds. */
const POLICY_KEYS = ['failure_threshold', 'recovery_timeout', 'default_timeout', 'max_retries'] as const;

/** Whether a pack's config can say how calls are made: without, nobody need resolve it for that. */
export function asksForPolicy({ properties }: PackManifest['configSchema']): boolean {
  return POLICY_KEYS.some((key) => Object.hasOwn(properties, key));
}

/** The policy that a pack's resolved config means. What is no sensible number counts as unset. */
export function policyFromConfig(config: ResolvedConfig): PackPolicy {
  const threshold = wholeFrom(config.failure_threshold, 1);
  const recoveryS = numberAbove0(config.recovery_timeout);
  const timeoutS = numberAbove0(config.default_timeout);
  const maxRetries = wholeFrom(config.max_retries, 0);
  return {
    ...(timeoutS === undefined ? {} : { timeoutMs: Math.ceil(timeoutS * 1_000) }),
    ...(maxRetries === undefined ? {} : { retry: { maxRetries } }),
    ...(threshold === undefined && recoveryS === undefined
      ? {}
      : {
          breaker: {
            ...(threshold === undefined ? {} : { failureThreshold: threshold }),
            ...(recoveryS === undefined ? {} : { recoveryTimeoutMs: Math.ceil(recoveryS * 1_000) }),
          },
        }),
  };
}

/** Two policies in one; the second wins. */
export function mergePolicies(first: PackPolicy, second: PackPolicy): PackPolicy {
  return {
    ...first,
    ...second,
    retry: { ...first.retry, ...second.retry },
    breaker: { ...first.breaker, ...second.breaker },
  };
}

function wholeFrom(value: ResolvedConfig[string], least: number): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= least ? value : undefined;
}

function numberAbove0(value: ResolvedConfig[string]): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}
