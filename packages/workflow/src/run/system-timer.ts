import type { Timer } from './run-environment.ts';

/** The longest time that Node's timers can take. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The time of the machine. Long sleeps are made of several. */
export const systemTimer: Timer = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    const end = Date.now() + ms;
    for (let left = ms; left > 0 && !signal.aborted; left = end - Date.now()) {
      await once(Math.min(left, MAX_TIMER_MS), signal);
    }
  },
};

function once(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
