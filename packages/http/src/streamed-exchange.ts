import type { Dispatcher } from 'undici';
import { classifyError, type ExchangePhase } from './classify-error.ts';
import { HttpFailure } from './http-failure.ts';
import type { ExchangeQueue } from './pending-exchange.ts';
import type { HttpAnswer, HttpStream, HttpStreamRequest, HttpStreamSink } from './types.ts';

/**
 * One exchange whose answer is handed on as it comes, for streams that have no foreseeable end.
 *
 * 1. The sink hears of the head at most once, then of chunks, then of exactly one end: `onEnd` or `onFailure`.
 * 2. After `abort` the sink hears nothing more.
 * 3. The timer runs until the head has come; a stream may be silent for as long as it likes after that.
 * 4. One that ended while waiting throws in `onRequestStart`: undici then drops the request and keeps the socket.
 */
export class StreamedExchange implements Dispatcher.DispatchHandler, HttpStream {
  readonly #queue: ExchangeQueue;
  readonly #sink: HttpStreamSink;
  readonly #headTimeoutMs: number;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: ExchangePhase = 'waiting';
  #isOver = false;
  #status = 0;

  constructor(request: HttpStreamRequest, sink: HttpStreamSink, queue: ExchangeQueue) {
    this.#queue = queue;
    this.#sink = sink;
    this.#headTimeoutMs = request.headTimeoutMs;
    this.#timer = setTimeout(onTimeout, request.headTimeoutMs, this);
  }

  abort(): void {
    if (this.#finish()) this.#controller?.abort(new Error('the reader of the stream went away'));
  }

  expire(): void {
    const failure = new HttpFailure('timeout', `no answer within ${this.#headTimeoutMs} ms: ${this.#queue.origin}`, {
      sent: this.#phase !== 'waiting',
    });
    if (!this.#finish()) return;
    this.#controller?.abort(failure);
    this.#sink.onFailure(failure);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#isOver) throw new Error('the exchange ended while it waited'); // 4
    this.#controller = controller;
    this.#phase = 'sent';
    this.#queue.onBegun();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HttpAnswer['headers']): void {
    if (status < 200 || this.#isOver) return;
    clearTimeout(this.#timer); // 3
    this.#phase = 'answering';
    this.#status = status;
    this.#sink.onHead(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isOver) this.#sink.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.#finish()) this.#sink.onEnd();
  }

  onResponseError(_controller: unknown, error: Error): void {
    const exchange = { origin: this.#queue.origin, phase: this.#phase, status: this.#status };
    if (this.#finish()) this.#sink.onFailure(classifyError(error, exchange));
  }

  /** @returns Whether this call was the one that ended it. */
  #finish(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (this.#phase === 'waiting') this.#queue.onAbandoned();
    return true;
  }
}

function onTimeout(exchange: StreamedExchange): void {
  exchange.expire();
}
