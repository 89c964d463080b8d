import type { CliIo, EndSignal } from '../cli-io.ts';

/** The wish that a long-running command ends. */
export interface EndRequest extends Disposable {
  /** Resolves with the first signal. */
  readonly first: Promise<EndSignal>;
  /** Resolves with the second one: somebody does not want to wait. */
  readonly second: Promise<EndSignal>;
}

/** Listens for signals until disposed. */
export function listenForEnd(io: CliIo): EndRequest {
  const first = Promise.withResolvers<EndSignal>();
  const second = Promise.withResolvers<EndSignal>();
  let count = 0;
  const stop = io.onSignal((signal) => {
    count += 1;
    if (count === 1) first.resolve(signal);
    else second.resolve(signal);
  });
  return { first: first.promise, second: second.promise, [Symbol.dispose]: stop };
}
