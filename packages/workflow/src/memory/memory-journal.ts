import type { JsonValue } from '@capstan/sdk';
import type { RunJournal, Timer, WaitEnd, WaitRequest } from '../run/run-environment.ts';
import type { WaitView } from '../run/run-view.ts';
import type { StepOutcome } from '../run/step-outcome.ts';

const NO_ITEMS: ReadonlyMap<number, StepOutcome> = new Map();

/** The journal of a run in memory: it records nothing, and holds what the run waits for. */
export class MemoryJournal implements RunJournal {
  readonly waits: Map<string, WaitView> = new Map();
  readonly #timer: Timer;
  readonly #deliveries = new Map<string, JsonValue[]>();
  readonly #waiting = new Map<string, (payload: JsonValue) => void>();

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  record(_key: string, work: () => Promise<StepOutcome>): Promise<StepOutcome> {
    return work();
  }

  async items(): Promise<ReadonlyMap<number, StepOutcome>> {
    return NO_ITEMS;
  }

  async recordItem(): Promise<void> {}

  async mayCall(): Promise<void> {}

  /** Something arrived; kept until the run waits for it. */
  deliver(kind: WaitRequest['kind'], name: string, payload: JsonValue): void {
    const key = keyOf(kind, name);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) this.#deliveries.set(key, [...(this.#deliveries.get(key) ?? []), payload]);
    else waiting(payload);
  }

  async wait(request: WaitRequest, signal: AbortSignal): Promise<WaitEnd> {
    const key = keyOf(request.kind, request.name);
    const [first, ...rest] = this.#deliveries.get(key) ?? [];
    if (first !== undefined) {
      this.#deliveries.set(key, rest);
      return { kind: 'delivered', payload: first };
    }
    if (signal.aborted) return { kind: 'stopped' };
    const { kind, name, question, timeoutMs } = request;
    const until = timeoutMs === undefined ? undefined : this.#timer.now() + timeoutMs;
    this.waits.set(request.step, {
      kind,
      name,
      ...(question === undefined ? {} : { question }),
      ...(until === undefined ? {} : { until }),
    });
    try {
      return await this.#delivered(key, timeoutMs, signal);
    } finally {
      this.waits.delete(request.step);
    }
  }

  async #delivered(key: string, timeoutMs: number | undefined, signal: AbortSignal): Promise<WaitEnd> {
    const over = new AbortController();
    const { promise, resolve } = Promise.withResolvers<WaitEnd>();
    this.#waiting.set(key, (payload) => resolve({ kind: 'delivered', payload }));
    const onAbort = (): void => resolve({ kind: 'stopped' });
    signal.addEventListener('abort', onAbort, { once: true });
    if (timeoutMs !== undefined)
      void this.#timer.sleep(timeoutMs, over.signal).then(() => resolve({ kind: 'elapsed' }));
    try {
      return await promise;
    } finally {
      over.abort();
      signal.removeEventListener('abort', onAbort);
      this.#waiting.delete(key);
    }
  }
}

function keyOf(kind: string, name: string): string {
  return `${kind} ${name}`;
}
