/** The ways in which the service of the chaos tests answers a call. */
export const BEHAVIOURS = [
  'success',
  'busy_503',
  'busy_429',
  'retriable',
  'error_500',
  'refuse_422',
  'reset_before_headers',
  'reset_mid_body',
  'hang_before_headers',
  'drip',
  'garbage',
  'too_short',
  'too_long',
  'redirect_circle',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** The answers that say that nothing was done, so that anyone may repeat. */
export const NOTHING_DONE: ReadonlySet<string> = new Set(['busy_503', 'busy_429', 'retriable']);

/** Draws the same numbers for the same seed. */
export function drawing(seed: number): () => number {
  let state = seed % 2_147_483_646;
  return () => {
    state = (state * 48_271 + 1) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
