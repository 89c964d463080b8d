import type { Clock } from '@capstan/sdk';

/** When a {@link Refreshing} value is asked for again. */
export interface RefreshOptions {
  readonly clock: Clock;
  /** A value older than this is refreshed in the background, in ms. Default 30,000. */
  readonly refreshMs?: number;
  /** After a failure nobody is asked for this time, in ms. Default 1,000. */
  readonly pauseMs?: number;
  /** A refresh failed and the last good value stays. */
  readonly onFailure?: (error: unknown) => void;
}

const DEFAULT_REFRESH_MS = 30_000;
const DEFAULT_PAUSE_MS = 1_000;

type State<Value> =
  | { readonly kind: 'empty' }
  | { readonly kind: 'failed'; readonly error: unknown; readonly askAgainAt: number }
  | { readonly kind: 'known'; readonly value: Value; readonly askAgainAt: number };

/**
 * A value that somebody else knows.
 *
 * 1. One question at a time, whoever waits for it.
 * 2. A value that was known once stays until there is a better one: no failure takes it away.
 * 3. It is refreshed when somebody uses it, so an idle one has no timer.
 */
export class Refreshing<Value> {
  readonly #ask: () => Promise<Value>;
  readonly #options: RefreshOptions;
  #state: State<Value> = { kind: 'empty' };
  #asking: Promise<Value> | undefined;

  constructor(ask: () => Promise<Value>, options: RefreshOptions) {
    this.#ask = ask;
    this.#options = options;
  }

  /** The value, at once where it is known. */
  get(): Value | Promise<Value> {
    const state = this.#state;
    const isDue = state.kind !== 'empty' && this.#options.clock.now() >= state.askAgainAt;
    if (state.kind === 'known') {
      // A failure of this one is reported by #refresh, and the value stays.
      if (isDue) this.#refresh().catch(() => undefined);
      return state.value;
    }
    return state.kind === 'failed' && !isDue ? Promise.reject(state.error) : this.#refresh();
  }

  #refresh(): Promise<Value> {
    this.#asking ??= this.#askOnce().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #askOnce(): Promise<Value> {
    const { clock, refreshMs = DEFAULT_REFRESH_MS, pauseMs = DEFAULT_PAUSE_MS, onFailure } = this.#options;
    try {
      const value = await this.#ask();
      this.#state = { kind: 'known', value, askAgainAt: clock.now() + refreshMs };
      return value;
    } catch (error) {
      const askAgainAt = clock.now() + pauseMs;
      this.#state =
        this.#state.kind === 'known' ? { ...this.#state, askAgainAt } : { kind: 'failed', error, askAgainAt };
      onFailure?.(error);
      throw error;
    }
  }
}
