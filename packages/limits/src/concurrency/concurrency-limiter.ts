/** How many calls of a key may be under way at once. */
export interface SlotRule {
  readonly key: string;
  readonly limit: number;
  /** What it limits, for whoever is refused: `tool`, `workspace`, `connection`. */
  readonly name: string;
}

/** What became of a call that wanted to begin. */
export type SlotVerdict =
  /** It may run; `leave` gives its slots back. Calling it twice gives them back once. */
  | { readonly kind: 'entered'; leave(): void }
  /** A key has all its calls under way, and nothing was taken from the others. */
  | { readonly kind: 'full'; readonly rule: SlotRule }
  /** The limiter cannot say: its server does not answer. */
  | { readonly kind: 'unavailable'; readonly cause: unknown };

/** Counts the calls that are under way. */
export interface ConcurrencyLimiter {
  /**
   * Takes one slot of each key, or of none when one is full. Never throws.
   * @param leaseMs After this time slots come back by themselves, where the limiter outlives the process that took them.
   */
  enter(rules: readonly SlotRule[], leaseMs: number): SlotVerdict | Promise<SlotVerdict>;
  close(): Promise<void>;
}
