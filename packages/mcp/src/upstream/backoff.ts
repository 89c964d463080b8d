/** Pauses that double, each drawn between its half and its whole so that many do not come back at once. */
export function pauseMs(
  attempt: number,
  limits: { readonly retryBaseMs: number; readonly retryMaxMs: number },
  random: () => number,
): number {
  const whole = Math.min(limits.retryBaseMs * 2 ** Math.min(attempt, 30), limits.retryMaxMs);
  return Math.round(whole / 2 + (random() * whole) / 2);
}

/** How often processes of one server may end by themselves before they are left alone. */
export class RestartBudget {
  readonly #ends: number[] = [];
  readonly #limits: { readonly restarts: number; readonly restartWindowMs: number };

  constructor(limits: { readonly restarts: number; readonly restartWindowMs: number }) {
    this.#limits = limits;
  }

  /** A process ended that nobody had asked to. */
  spend(now: number): void {
    this.#ends.push(now);
    if (this.#ends.length > this.#limits.restarts) this.#ends.shift();
  }

  /** When the next process may start; undefined: now. */
  nextStart(now: number): number | undefined {
    const [first] = this.#ends;
    if (first === undefined || this.#ends.length < this.#limits.restarts) return undefined;
    const free = first + this.#limits.restartWindowMs;
    return free > now ? free : undefined;
  }
}
