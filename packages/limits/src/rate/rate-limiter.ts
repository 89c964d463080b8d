/** How many calls a key may make in a window of time. */
export interface WindowRule {
  /** Calls with the same key count together. */
  readonly key: string;
  readonly limit: number;
  readonly windowMs: number;
  /** `first_call`: a window begins with its first call. `epoch`: with multiples of its length since 1970, so days end at midnight UTC. */
  readonly begins: 'first_call' | 'epoch';
  /** What it limits, for whoever is refused: `calls`, `workspace`, `connection`, `quota`. */
  readonly name: string;
}

/** A window as it stands after a call. */
export interface WindowState {
  readonly rule: WindowRule;
  readonly remaining: number;
  /** Until the window is over, in ms. */
  readonly resetMs: number;
}

/** What became of a call. */
export type WindowVerdict =
  /** Every window had room; `tightest` is the one with the smallest part left. */
  | { readonly kind: 'taken'; readonly tightest: WindowState | undefined }
  /** One window was full, and nothing was taken from the others. */
  | { readonly kind: 'full'; readonly window: WindowState }
  /** The limiter cannot say: its server does not answer. */
  | { readonly kind: 'unavailable'; readonly cause: unknown };

/** Counts calls in windows of time. */
export interface RateLimiter {
  /** Counts one call in each window, or in none when one is full. Never throws. `now` in ms since the epoch. */
  take(rules: readonly WindowRule[], now: number): WindowVerdict | Promise<WindowVerdict>;
  close(): Promise<void>;
}

/** The window with the smallest part left, of two. */
export function tighter(one: WindowState | undefined, other: WindowState): WindowState {
  if (one === undefined) return other;
  return one.remaining / one.rule.limit <= other.remaining / other.rule.limit ? one : other;
}

/** When the window of a rule began, where the rule alone decides it. */
export function epochWindowStart({ windowMs }: WindowRule, now: number): number {
  return Math.floor(now / windowMs) * windowMs;
}
