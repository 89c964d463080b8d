import type { Clock } from '@capstan/sdk';
import type { CircuitCounters, CircuitEvent, CircuitState } from '../circuit-breaker.ts';
import { Endpoint } from './endpoint.ts';

/** One endpoint's breaker, as a person sees it. */
export interface CircuitView {
  /** Origin and base path; `tool:{workspace}/{tool id}` where the breaker is a tool's own. */
  readonly endpoint: string;
  /** The pack whose calls it counts; empty for those of no pack. */
  readonly pack: string;
  readonly state: CircuitState;
  readonly counters: CircuitCounters;
  /** Repetitions since the start: let through, and refused by the retry budget. */
  readonly retries: { readonly granted: number; readonly refused: number };
  /** Attempts under way. */
  readonly pending: number;
}

/** Above this many endpoints, those that know nothing bad and serve nobody are forgotten. */
const MAX_ENDPOINTS = 1_000;

/**
 * The endpoints of a host, each pack's own: thresholds come with a pack's calls, and one pack's must not close a
 * service to another.
 */
export class Endpoints {
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #clock: Clock;
  readonly #onChange: ((event: CircuitEvent, pack: string) => void) | undefined;

  constructor(clock: Clock, onChange?: (event: CircuitEvent, pack: string) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** A pack's endpoint by origin and base path, made at its first use. */
  of(key: string, pack = ''): Endpoint {
    const id = `${pack} ${key}`;
    const known = this.#endpoints.get(id);
    if (known) return known;
    if (this.#endpoints.size >= MAX_ENDPOINTS) this.#forgetUntroubled();
    const endpoint = new Endpoint({ key, pack }, this.#clock, this.#onChange);
    this.#endpoints.set(id, endpoint);
    return endpoint;
  }

  /** Every endpoint that was called. */
  views(): readonly CircuitView[] {
    return [...this.#endpoints.values()].map(({ key, pack, breaker, repetitions, pending }) => ({
      endpoint: key,
      pack,
      state: breaker.state,
      counters: breaker.counters,
      retries: repetitions,
      pending,
    }));
  }

  #forgetUntroubled(): void {
    for (const [key, { breaker, retries, pending }] of this.#endpoints) {
      const { state } = breaker;
      const isIdle = retries.calls === 0 && pending === 0;
      if (isIdle && state.kind === 'closed' && state.failures === 0) this.#endpoints.delete(key);
    }
  }
}
