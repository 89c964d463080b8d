import type { ServiceClient } from './auth/authentication.ts';
import { EventStreamReader, type ServerEvent } from './event-stream.ts';
import { HttpFailure } from './http-failure.ts';
import type { HttpAnswer, HttpExchange, HttpStream, HttpStreamSink } from './types.ts';

/** Hears the events of a stream. */
export interface EventListening {
  /** Hears one event. A body that it returns is the answer, and nothing more is read. What it throws, the exchange ends with. */
  hear(event: ServerEvent): Buffer | undefined;
  /** Whether a stream that ends without such a body was cut short. */
  readonly awaitsBody: boolean;
}

/**
 * Makes one exchange whose events are heard as they come. An answer that is no event stream, or no success, is given
 * whole, as ever. Rejects with an `HttpFailure`.
 */
export function heardExchange(
  client: Pick<ServiceClient, 'stream'>,
  exchange: HttpExchange,
  listening: EventListening,
): Promise<HttpAnswer> {
  return new HeardAnswer(client, exchange, listening).answer;
}

const EVENT_STREAM = /^text\/event-stream\s*(?:;|$)/i;
const DEFAULT_MAX_BYTES = 10 * 1024 * 1024;

/**
 * 1. It settles once; after that there is no timer, no listener and no connection that is still read.
 * 2. The time of the exchange is for its head. From there it is for the rest of a plain answer, and between two chunks
 *    of a stream: one that goes on is alive. The whole call ends at its deadline, of which the signal tells.
 * 3. A stream has no size to speak of; one event has, and so has a plain answer.
 */
class HeardAnswer implements HttpStreamSink {
  readonly answer: Promise<HttpAnswer>;
  readonly #exchange: HttpExchange;
  readonly #listening: EventListening;
  readonly #settling = Promise.withResolvers<HttpAnswer>();
  readonly #stream: HttpStream;
  readonly #chunks: Buffer[] = [];
  #events: EventStreamReader | undefined;
  #head: Pick<HttpAnswer, 'status' | 'headers'> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #bytes = 0;
  #isSettled = false;

  constructor(client: Pick<ServiceClient, 'stream'>, exchange: HttpExchange, listening: EventListening) {
    this.answer = this.#settling.promise;
    this.#exchange = exchange;
    this.#listening = listening;
    const { timeoutMs, signal, maxResponseBytes: _, ...rest } = exchange;
    this.#stream = client.stream({ ...rest, headTimeoutMs: timeoutMs }, this);
    if (signal?.aborted) this.handleEvent();
    else signal?.addEventListener('abort', this);
  }

  /** The caller's signal was aborted. */
  handleEvent(): void {
    this.#fail(this.#failure('cancelled', 'cancelled by the caller'));
  }

  onHead(status: number, headers: HttpAnswer['headers']): void {
    this.#head = { status, headers };
    const type = headers['content-type'];
    if (status === 200 && typeof type === 'string' && EVENT_STREAM.test(type)) this.#events = new EventStreamReader();
    this.#wait(); // 2
  }

  onData(chunk: Buffer): void {
    if (this.#isSettled) return;
    this.#bytes += chunk.length;
    if (this.#events === undefined) this.#chunks.push(chunk);
    else this.#hear(this.#events, chunk);
    if (this.#bytes > (this.#exchange.maxResponseBytes ?? DEFAULT_MAX_BYTES)) {
      this.#fail(this.#failure('too_large', 'the answer is too long'));
    }
  }

  onEnd(): void {
    if (this.#events !== undefined && this.#listening.awaitsBody) {
      this.#fail(this.#failure('truncated', 'the stream ended without a result'));
    } else this.#succeed(Buffer.concat(this.#chunks));
  }

  onFailure(failure: HttpFailure): void {
    if (this.#settle()) this.#settling.reject(failure);
  }

  #hear(reader: EventStreamReader, chunk: Buffer): void {
    this.#wait(); // 2
    for (const event of reader.read(chunk)) {
      if (this.#isSettled) return;
      this.#bytes = 0; // 3
      this.#heard(event);
    }
  }

  #heard(event: ServerEvent): void {
    try {
      const body = this.#listening.hear(event);
      if (body === undefined) return;
      this.#succeed(body, { 'content-type': 'application/json' });
      this.#stream.abort();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const { timeoutMs } = this.#exchange;
    const what = `nothing came within ${timeoutMs} ms`;
    this.#timer = setTimeout(() => this.#fail(this.#failure('timeout', what)), timeoutMs);
  }

  #succeed(body: Buffer, headers: HttpAnswer['headers'] = this.#head?.headers ?? {}): void {
    if (this.#settle()) this.#settling.resolve({ status: this.#head?.status ?? 0, headers, body });
  }

  #failure(kind: 'cancelled' | 'timeout' | 'too_large' | 'truncated', what: string): HttpFailure {
    const status = this.#head?.status;
    const facts = { sent: true, ...(status === undefined ? {} : { status }) };
    return new HttpFailure(kind, `${what}: ${this.#exchange.target.origin}`, facts);
  }

  #fail(reason: unknown): void {
    if (!this.#settle()) return;
    this.#stream.abort();
    this.#settling.reject(reason);
  }

  /** @returns Whether this call was the one that settled it. */
  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#exchange.signal?.removeEventListener('abort', this);
    return true;
  }
}
