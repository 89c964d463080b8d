import { epochWindowStart, type RateLimiter, tighter, type WindowRule, type WindowState } from './rate-limiter.ts';

interface Window {
  startedAt: number;
  windowMs: number;
  count: number;
}

/** More keys than this, and those whose window is over are forgotten. */
const SWEEP_AT_KEYS = 10_000;
const DEFAULT_MAX_KEYS = 100_000;

/**
 * Fixed windows in the memory of this process. Its `take` is synchronous.
 *
 * 1. A refused call takes nothing from any window.
 * 2. There are at most `maxKeys` (100,000) windows: one more, and the oldest is forgotten, so that who belongs to it may
 *    call more often than its limit says.
 * 3. A sweep runs at most once for SWEEP_AT_KEYS new keys.
 */
export function createMemoryRateLimiter(options: { readonly maxKeys?: number } = {}): MemoryRateLimiter {
  return new MemoryRateLimiter(options.maxKeys ?? DEFAULT_MAX_KEYS);
}

/** Made by {@link createMemoryRateLimiter}. */
export class MemoryRateLimiter implements RateLimiter {
  readonly #windows = new Map<string, Window>();
  readonly #maxKeys: number;
  #newSinceSweep = 0;

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  take(
    rules: readonly WindowRule[],
    now: number,
  ):
    | { readonly kind: 'taken'; readonly tightest: WindowState | undefined }
    | { readonly kind: 'full'; readonly window: WindowState } {
    for (const rule of rules) {
      const window = this.#windows.get(rule.key);
      if (window === undefined || isOver(window, rule, now)) {
        if (rule.limit <= 0) return { kind: 'full', window: { rule, remaining: 0, resetMs: rule.windowMs } };
      } else if (window.count >= rule.limit) {
        return { kind: 'full', window: { rule, remaining: 0, resetMs: resetOf(window, now) } };
      }
    }
    let tightest: WindowState | undefined;
    for (const rule of rules) tightest = tighter(tightest, this.#count(rule, now));
    return { kind: 'taken', tightest };
  }

  /** How many windows there are. */
  get size(): number {
    return this.#windows.size;
  }

  close(): Promise<void> {
    this.#windows.clear();
    return Promise.resolve();
  }

  #count(rule: WindowRule, now: number): WindowState {
    const window = this.#current(rule, now);
    window.count += 1;
    return { rule, remaining: Math.max(0, rule.limit - window.count), resetMs: resetOf(window, now) };
  }

  #current(rule: WindowRule, now: number): Window {
    const known = this.#windows.get(rule.key);
    if (known === undefined) return this.#begin(rule, now);
    if (isOver(known, rule, now)) {
      known.startedAt = startOf(rule, now);
      known.windowMs = rule.windowMs;
      known.count = 0;
    }
    return known;
  }

  #begin(rule: WindowRule, now: number): Window {
    this.#newSinceSweep += 1;
    if (this.#windows.size >= SWEEP_AT_KEYS && this.#newSinceSweep >= SWEEP_AT_KEYS) this.#sweep(now);
    if (this.#windows.size >= this.#maxKeys) this.#windows.delete(this.#windows.keys().next().value ?? '');
    const fresh = { startedAt: startOf(rule, now), windowMs: rule.windowMs, count: 0 };
    this.#windows.set(rule.key, fresh);
    return fresh;
  }

  #sweep(now: number): void {
    this.#newSinceSweep = 0;
    for (const [key, window] of this.#windows) if (resetOf(window, now) <= 0) this.#windows.delete(key);
  }
}

function startOf(rule: WindowRule, now: number): number {
  return rule.begins === 'epoch' ? epochWindowStart(rule, now) : now;
}

/** A limit that was changed while its window was open counts from then on. */
function isOver(window: Window, rule: WindowRule, now: number): boolean {
  return now - window.startedAt >= window.windowMs || window.windowMs !== rule.windowMs;
}

function resetOf(window: Window, now: number): number {
  return window.startedAt + window.windowMs - now;
}
