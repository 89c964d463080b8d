import { CapstanError, isCapstanError } from '@capstan/sdk';
import type { EffectiveRateLimit } from '../workspace/tool-entry.ts';
import type { Interceptor, Invocation } from './invocation.ts';
import { failed } from './outcome.ts';

/** A limit over all calls of one workspace. */
export type WorkspaceLimit = (workspaceId: string) => Pick<EffectiveRateLimit, 'limit' | 'windowMs'> | undefined;

interface Window {
  startedAt: number;
  count: number;
  readonly windowMs: number;
}

/** The limiter's own count, for metrics. */
export interface LimiterCounts {
  checked: number;
  refused: number;
}

/** More keys than this, and those whose window is over are forgotten. */
const SWEEP_AT_KEYS = 10_000;

/**
 * Fixed windows, in memory.
 *
 * 1. A refused call takes nothing from any window.
 * 2. The number of windows is bounded by the calls of one window length plus SWEEP_AT_KEYS.
 */
export function rateLimitStage(options: {
  readonly workspaceLimit: WorkspaceLimit;
  readonly counts: LimiterCounts;
}): Interceptor {
  const windows = new Map<string, Window>();
  return {
    stage: 'rate_limit',
    intercept(invocation, next) {
      options.counts.checked += 1;
      const now = invocation.startedAt;
      const whose = limitedBy(invocation);
      if (typeof whose !== 'string') return failed(invocation, whose);
      const own = ownWindow(windows, invocation, whose);
      const limit = options.workspaceLimit(invocation.workspaceId);
      const shared = limit && windowOf(windows, invocation.workspaceId, limit.windowMs, now);
      const ownLimit = invocation.tool?.policy.rateLimit.limit ?? 0;
      const full = own.count >= ownLimit ? own : shared && shared.count >= limit.limit ? shared : undefined;
      if (full) {
        options.counts.refused += 1;
        return failed(invocation, rateLimited(full, full === own ? ownLimit : (limit?.limit ?? 0), now));
      }
      own.count += 1;
      if (shared) shared.count += 1;
      return next(invocation);
    },
  };
}

/** Whose calls count together. A connection counts by its id, however the caller named it. */
function limitedBy({ tool, principal, request }: Invocation): string | CapstanError {
  if (!tool) throw new Error('rate_limit runs after resolve');
  const { per } = tool.policy.rateLimit;
  if (per === 'principal') return principal.id;
  if (per === 'workspace') return '';
  try {
    return tool.runner.connectionId?.(request.connection) ?? '';
  } catch (error) {
    if (isCapstanError(error)) return error;
    throw error;
  }
}

function ownWindow(windows: Map<string, Window>, invocation: Invocation, whose: string): Window {
  const { tool, workspaceId, startedAt } = invocation;
  if (!tool) throw new Error('rate_limit runs after resolve');
  const { per, windowMs } = tool.policy.rateLimit;
  return windowOf(windows, `${workspaceId} ${tool.definition.id} ${per} ${whose}`, windowMs, startedAt);
}

function windowOf(windows: Map<string, Window>, key: string, windowMs: number, now: number): Window {
  const known = windows.get(key);
  if (known) {
    if (now - known.startedAt < known.windowMs) return known;
    known.startedAt = now;
    known.count = 0;
    return known;
  }
  if (windows.size >= SWEEP_AT_KEYS) sweep(windows, now);
  const fresh = { startedAt: now, count: 0, windowMs };
  windows.set(key, fresh);
  return fresh;
}

function sweep(windows: Map<string, Window>, now: number): void {
  for (const [key, window] of windows) if (now - window.startedAt >= window.windowMs) windows.delete(key);
}

function rateLimited(window: Window, limit: number, now: number): CapstanError {
  const retryAfterMs = Math.max(1, window.startedAt + window.windowMs - now);
  return new CapstanError('CAPSTAN_RATE_LIMITED', `more than ${limit} calls in ${window.windowMs} ms`, {
    details: { limit, window_ms: window.windowMs, retry_after_ms: retryAfterMs },
  });
}
