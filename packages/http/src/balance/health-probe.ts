import type { BreakerPolicy, Clock } from '@capstan/sdk';
import type { HttpClient } from '../types.ts';
import type { Candidate } from './strategies.ts';

const PROBE_TIMEOUT_MS = 2_000;
const DEFAULT_INTERVAL_MS = 5_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** What a {@link HealthProbe} is made of. */
export interface HealthProbeOptions {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly breaker: BreakerPolicy;
  /** Between two rounds, in ms. Default 5,000. */
  readonly intervalMs?: number;
  /** Looks after every endpoint all the time, not only after those that are ejected. */
  readonly always: boolean;
}

/**
 * Asks `GET {base_url}/v1/health` of ejected endpoints.
 *
 * 1. Without an ejected endpoint (and unless it was asked for) there is no timer and no request.
 * 2. The timer keeps no process alive, and is gone after `close`.
 * 3. No route (404, 405, 501) says nothing: then a call finds out when the breaker's time is over.
 * 4. Health is asked for without credentials: a service may be ejected because it is no longer itself.
 */
export class HealthProbe {
  readonly #options: HealthProbeOptions;
  readonly #candidates: () => readonly Candidate[];
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: HealthProbeOptions, candidates: () => readonly Candidate[]) {
    this.#options = options;
    this.#candidates = candidates;
    if (options.always) this.wake();
  }

  /** An endpoint was ejected. */
  wake(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    this.#timer = setTimeout(() => this.#round(), this.#options.intervalMs ?? DEFAULT_INTERVAL_MS);
    this.#timer.unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #round(): void {
    this.#timer = undefined;
    const { always } = this.#options;
    const asked = this.#candidates().filter(({ endpoint }) => always || endpoint.breaker.state.kind === 'open');
    if (asked.length > 0) Promise.all(asked.map((candidate) => this.#ask(candidate))).then(() => this.wake());
    else if (always) this.wake();
  }

  async #ask({ target, endpoint }: Candidate): Promise<void> {
    const { http, breaker } = this.#options;
    const verdict = await http
      .exchange({
        target,
        method: 'GET',
        path: '/v1/health',
        headers: ['Accept', 'application/json'],
        timeoutMs: PROBE_TIMEOUT_MS,
        maxResponseBytes: MAX_ANSWER_BYTES,
      })
      .then(
        ({ status }) => (NO_ROUTE.has(status) ? undefined : status < 400),
        () => false,
      );
    if (verdict === undefined) return;
    if (endpoint.breaker.state.kind === 'open') endpoint.breaker.probed(verdict, breaker);
    else if (!verdict && this.#options.always) this.#eject(endpoint);
  }

  /** A declared probe counts as a call that failed. */
  #eject({ breaker }: Candidate['endpoint']): void {
    const ticket = breaker.enter();
    if (ticket !== undefined) breaker.failed(ticket, this.#options.breaker, 'health probe');
  }
}

const NO_ROUTE: ReadonlySet<number> = new Set([404, 405, 501]);
