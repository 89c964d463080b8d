import { setTimeout as wait } from 'node:timers/promises';
import { type Answer, fail } from './envelope.ts';
import type { Progress, Steps } from './tools.ts';

/** What ends long work before it is done. */
export type Ending = 'cancelled' | 'timeout';

/** How long work is paced. */
export interface Pace {
  /** Between two steps. */
  readonly stepMs: number;
  /** Aborted with an {@link Ending} as its reason. */
  readonly signal: AbortSignal;
}

/** Goes from step to step, and ends between two of them when it is told to. It never throws. */
export async function* workThrough(
  steps: Steps,
  { stepMs, signal }: Pace,
): AsyncGenerator<Progress, Answer, undefined> {
  while (!signal.aborted) {
    const step = steps.next();
    if (step.done === true) return step.value;
    yield step.value;
    await pause(stepMs, signal);
  }
  return endedEarly(signal.reason === 'timeout' ? 'timeout' : 'cancelled');
}

/** An answer for work that was ended. What was done stays done. */
export function endedEarly(ending: Ending): Answer {
  return ending === 'timeout'
    ? fail({ status: 504, code: 'TIMEOUT', message: 'the work took too long and was ended', retriable: false })
    : fail({ status: 409, code: 'CANCELLED', message: 'the work was cancelled', retriable: false });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal, ref: false });
  } catch (error) {
    // Being woken is what the signal is for; the loop looks at it next.
    if (!signal.aborted) throw error;
  }
}
