import type { Dispatcher } from 'undici';
import { classifyError, type ExchangePhase } from './classify-error.ts';
import { HttpFailure, type HttpFailureKind } from './http-failure.ts';
import type { HttpAnswer, HttpExchange } from './types.ts';

/** Who must know when an exchange stops waiting for a connection. */
export interface ExchangeQueue {
  readonly origin: string;
  /** It got a connection and is being written. */
  onBegun(): void;
  /** It ended without ever getting one. */
  onAbandoned(): void;
}

const DEFAULT_MAX_RESPONSE_BYTES = 10 * 1024 * 1024;
/** The longest delay of a timer in Node; longer ones would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * One exchange from dispatch to answer or failure. It is undici's handler, the timer's argument and the signal's
 * listener in one object, because closures for each of them were measurable.
 *
 * 1. It settles once. After that it has no timer and no listener, and ignores whatever undici still reports.
 * 2. `phase` only goes forward, so `sent` is never taken back.
 * 3. One that settled while waiting throws in `onRequestStart`: undici then drops the request and keeps the socket.
 * 4. One that settles after that has its socket destroyed: nobody may read a later answer from it.
 */
export class PendingExchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<HttpAnswer>;
  readonly #queue: ExchangeQueue;
  readonly #signal: AbortSignal | undefined;
  readonly #timeoutMs: number;
  readonly #maxBytes: number;
  readonly #timer: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (failure: Error) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: ExchangePhase = 'waiting';
  #settled = false;
  #status = 0;
  #headers: HttpAnswer['headers'] = {};
  #bytes = 0;

  constructor(exchange: HttpExchange, queue: ExchangeQueue) {
    this.#queue = queue;
    this.#signal = exchange.signal;
    this.#timeoutMs = exchange.timeoutMs;
    this.#maxBytes = exchange.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES;
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    this.answer = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(onTimeout, Math.min(exchange.timeoutMs, MAX_TIMER_MS), this);
    this.#signal?.addEventListener('abort', this);
  }

  /** The caller's signal was aborted. */
  handleEvent(): void {
    this.#giveUp('cancelled', 'cancelled by the caller', this.#signal?.reason);
  }

  expire(): void {
    this.#giveUp('timeout', `no answer within ${this.#timeoutMs} ms`);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) throw new Error('the exchange ended while it waited'); // 3
    this.#controller = controller;
    this.#phase = 'sent';
    this.#queue.onBegun();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HttpAnswer['headers']): void {
    if (status < 200) return;
    this.#phase = 'answering';
    this.#status = status;
    this.#headers = headers;
    if (Number(headers['content-length']) > this.#maxBytes) this.#tooLarge();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) this.#tooLarge();
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#settle()) return;
    const [first = EMPTY] = this.#chunks;
    const body = this.#chunks.length < 2 ? first : Buffer.concat(this.#chunks, this.#bytes);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: unknown, error: Error): void {
    const exchange = { origin: this.#queue.origin, phase: this.#phase, status: this.#status };
    if (this.#settle()) this.#reject(classifyError(error, exchange));
  }

  #tooLarge(): void {
    this.#giveUp('too_large', `the answer is longer than ${this.#maxBytes} bytes`);
  }

  #giveUp(kind: HttpFailureKind, what: string, cause?: unknown): void {
    const failure = new HttpFailure(kind, `${what}: ${this.#queue.origin}`, {
      sent: this.#phase !== 'waiting',
      ...(this.#phase === 'answering' ? { status: this.#status } : {}),
      cause,
    });
    if (!this.#settle()) return;
    this.#controller?.abort(failure); // 4
    this.#reject(failure);
  }

  /** @returns Whether this call was the one that settled it. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this);
    if (this.#phase === 'waiting') this.#queue.onAbandoned();
    return true;
  }
}

const EMPTY = Buffer.alloc(0);

function onTimeout(exchange: PendingExchange): void {
  exchange.expire();
}
