import type { InvocationOutcome } from '@capstan/sdk';

/** What an aborted call gets to settle, in ms; one that does not is left behind. */
const ABORT_GRACE_MS = 250;

/**
 * The calls that are under way, of all surfaces, so that a server can end without breaking them.
 *
 * 1. A call enters with the client's signal and leaves when it is settled.
 * 2. After `close` nothing enters; what is inside gets the time that is left, then it is aborted.
 */
export class CallGate {
  readonly #running = new Set<AbortController>();
  #isClosed = false;
  #idle: (() => void) | undefined;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get size(): number {
    return this.#running.size;
  }

  /** Runs a call; its signal follows the client's and the gate's. */
  async run<Result = InvocationOutcome>(
    client: AbortSignal,
    call: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const controller = new AbortController();
    const abort = (): void => controller.abort(client.reason);
    if (client.aborted) abort();
    client.addEventListener('abort', abort, { once: true });
    this.#running.add(controller);
    try {
      return await call(controller.signal);
    } finally {
      client.removeEventListener('abort', abort);
      this.#running.delete(controller);
      if (this.#running.size === 0) this.#idle?.();
    }
  }

  /** Lets nothing in any more, and resolves when nothing is inside, or after the time is over and the rest was aborted. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    await this.#untilIdle(timeoutMs);
    for (const controller of this.#running) controller.abort(new Error('the server is closing'));
    await this.#untilIdle(ABORT_GRACE_MS);
  }

  async #untilIdle(timeoutMs: number): Promise<void> {
    if (this.#running.size === 0) return;
    const isOver = Promise.withResolvers<void>();
    const timer = setTimeout(isOver.resolve, timeoutMs);
    this.#idle = isOver.resolve;
    await isOver.promise;
    clearTimeout(timer);
  }
}
