import {
  type ConcurrencyLimiter,
  createMemoryConcurrencyLimiter,
  createMemoryRateLimiter,
  type RateLimiter,
  type SlotRule,
  type SlotVerdict,
  type WindowRule,
  type WindowState,
  type WindowVerdict,
} from '@capstan/limits';
import { CapstanError, type InvocationOutcome, isCapstanError, type Logger } from '@capstan/sdk';
import type { HostSettings } from '../settings/settings-model.ts';
import type { Interceptor, Invocation, Next } from './invocation.ts';
import type { CallLimits, LimitFinder } from './limit-rules.ts';
import { failed } from './outcome.ts';

/** The limiter's own count, for metrics. */
export interface LimiterCounts {
  checked: number;
  refused: number;
}

/** Limiters that replicas share; absent means that this one counts for itself, in memory. */
export interface SharedLimiters {
  readonly rate: RateLimiter;
  readonly concurrency: ConcurrencyLimiter;
}

interface LimitStageOptions {
  readonly limitsOf: LimitFinder;
  readonly shared: SharedLimiters | undefined;
  readonly onFailure: HostSettings['limits']['onRedisFailure'];
  readonly counts: LimiterCounts;
  readonly logger: Logger;
}

/** When to try again after every slot was taken: nobody knows when one will be free. */
const SLOT_RETRY_MS = 1_000;
/** A slot outlives the longest time of its call by this, so that it is never given away under it. */
const LEASE_MARGIN_MS = 10_000;

/**
 * How often, and how many at once.
 *
 * 1. A refused call takes nothing from any window and no slot.
 * 2. Without limiters that replicas share nothing here waits: memory answers at once.
 * 3. While shared limiters do not answer, a call is refused, or counted by this replica alone, as the operator says.
 * 4. A slot is given back when the call is over, however it ends.
 */
export function rateLimitStage(options: LimitStageOptions): Interceptor {
  const own: SharedLimiters = { rate: createMemoryRateLimiter(), concurrency: createMemoryConcurrencyLimiter() };
  const gate = new LimitGate(options, own);
  return { stage: 'rate_limit', intercept: (invocation, next) => gate.intercept(invocation, next) };
}

class LimitGate {
  readonly #options: LimitStageOptions;
  /** Of this process alone. */
  readonly #own: SharedLimiters;

  constructor(options: LimitStageOptions, own: SharedLimiters) {
    this.#options = options;
    this.#own = own;
  }

  intercept(invocation: Invocation, next: Next): Promise<InvocationOutcome> {
    this.#options.counts.checked += 1;
    const limits = this.#limitsOf(invocation);
    if (isCapstanError(limits)) return failed(invocation, limits);
    return limits.slots.length === 0
      ? this.#count(limits, invocation, next)
      : this.#withSlots(limits, invocation, next);
  }

  #limitsOf(invocation: Invocation): CallLimits | CapstanError {
    try {
      return this.#options.limitsOf(invocation);
    } catch (error) {
      if (isCapstanError(error)) return error;
      throw error;
    }
  }

  async #withSlots(limits: CallLimits, invocation: Invocation, next: Next): Promise<InvocationOutcome> {
    const verdict = await this.#enter(limits, invocation);
    if (verdict.kind === 'full') return this.#refuse(invocation, allUnderWay(verdict.rule));
    if (verdict.kind === 'unavailable') return this.#refuse(invocation, unavailable(verdict.cause));
    try {
      return await this.#count(limits, invocation, next);
    } finally {
      verdict.leave();
    }
  }

  async #enter({ slots }: CallLimits, invocation: Invocation): Promise<SlotVerdict> {
    const leaseMs = (invocation.tool?.policy.deadlineMs ?? 0) + LEASE_MARGIN_MS;
    const verdict = await (this.#options.shared ?? this.#own).concurrency.enter(slots, leaseMs);
    const goesOnAlone = verdict.kind === 'unavailable' && this.#mayGoOn(invocation, verdict.cause);
    return goesOnAlone ? this.#own.concurrency.enter(slots, leaseMs) : verdict;
  }

  #count({ windows }: CallLimits, invocation: Invocation, next: Next): Promise<InvocationOutcome> {
    if (windows.length === 0) return next(invocation);
    const verdict = (this.#options.shared ?? this.#own).rate.take(windows, invocation.startedAt);
    return verdict instanceof Promise
      ? this.#countedByOthers(verdict, windows, invocation, next)
      : this.#counted(verdict, invocation, next);
  }

  async #countedByOthers(
    asked: Promise<WindowVerdict>,
    windows: readonly WindowRule[],
    invocation: Invocation,
    next: Next,
  ): Promise<InvocationOutcome> {
    const verdict = await asked;
    const goesOnAlone = verdict.kind === 'unavailable' && this.#mayGoOn(invocation, verdict.cause);
    const counted = goesOnAlone ? await this.#own.rate.take(windows, invocation.startedAt) : verdict;
    return this.#counted(counted, invocation, next);
  }

  #counted(verdict: WindowVerdict, invocation: Invocation, next: Next): Promise<InvocationOutcome> {
    if (verdict.kind === 'full') return this.#refuse(invocation, rateLimited(verdict.window));
    if (verdict.kind === 'unavailable') return this.#refuse(invocation, unavailable(verdict.cause));
    if (verdict.tightest !== undefined) invocation.request.onRateLimit?.(verdict.tightest);
    return next(invocation);
  }

  #mayGoOn({ tool, executionId }: Invocation, cause: unknown): boolean {
    const { onFailure, logger } = this.#options;
    const mode = tool?.definition.annotations.readOnly === true ? onFailure.reads : onFailure.writes;
    logger.debug('the shared limits could not be asked', { executionId, mode, cause });
    return mode === 'open';
  }

  #refuse(invocation: Invocation, error: CapstanError): Promise<InvocationOutcome> {
    this.#options.counts.refused += 1;
    return failed(invocation, error);
  }
}

function rateLimited({ rule, resetMs }: WindowState): CapstanError {
  const what = `more than ${rule.limit} calls in ${rule.windowMs} ms`;
  return new CapstanError('CAPSTAN_RATE_LIMITED', rule.name === 'calls' ? what : `${what} (${rule.name})`, {
    details: {
      limit: rule.limit,
      window_ms: rule.windowMs,
      policy: rule.name,
      retry_after_ms: Math.max(1, Math.ceil(resetMs)),
    },
  });
}

function allUnderWay({ name, limit }: SlotRule): CapstanError {
  return new CapstanError('CAPSTAN_RATE_LIMITED', `${limit} calls are under way at once (${name})`, {
    hint: 'Wait until one of them is over, then call again.',
    details: { max_in_flight: limit, policy: name, retry_after_ms: SLOT_RETRY_MS },
  });
}

function unavailable(cause: unknown): CapstanError {
  return new CapstanError('CAPSTAN_LIMITS_UNAVAILABLE', 'the limits of this call cannot be counted now', { cause });
}
