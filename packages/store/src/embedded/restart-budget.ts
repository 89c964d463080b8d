/** How often a server may be started again before somebody has to look. */
export class RestartBudget {
  readonly #now: () => number;
  #restarts: readonly number[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether one more is allowed; then it is taken. */
  take(): boolean {
    const since = this.#now() - WINDOW_MS;
    const recent = this.#restarts.filter((at) => at > since);
    if (recent.length >= RESTARTS) return false;
    this.#restarts = [...recent, this.#now()];
    return true;
  }
}

const RESTARTS = 5;
const WINDOW_MS = 10 * 60_000;
