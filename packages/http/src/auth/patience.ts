import type { Clock } from '@capstan/sdk';
import { unsent } from './token-failure.ts';

/** How long a call waits for something that is not its own. */
export interface Patience {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Waits no longer than the caller may; what it waited for goes on. @throws HttpFailure `timeout` or `cancelled`, not sent */
export function waitFor<Result>(work: Promise<Result>, { timeoutMs, signal }: Patience): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const cancel = (): void => reject(unsent('cancelled', 'cancelled by the caller', signal?.reason));
  const timer = setTimeout(() => reject(unsent('timeout', `no token within ${timeoutMs} ms`)), timeoutMs);
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted) cancel();
  work.then(resolve, reject);
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
  });
}

/** What is left of a time, at least 1 ms. */
export function remaining(clock: Clock, startedAt: number, timeoutMs: number): number {
  return Math.max(1, timeoutMs - (clock.now() - startedAt));
}
