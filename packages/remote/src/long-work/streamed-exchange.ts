import {
  type HttpAnswer,
  type HttpExchange,
  HttpFailure,
  type HttpStream,
  type HttpStreamSink,
  type ServiceClient,
} from '@capstan/http';
import type { JsonValue, ToolContext, ToolProgress } from '@capstan/sdk';
import { readProgress } from '../envelope.ts';
import { EventStreamReader, type ServerEvent } from './event-stream.ts';

/** An exchange as the adapter makes it. */
export interface StreamedExchangeRequest extends Omit<HttpExchange, 'signal'> {
  readonly signal: AbortSignal;
  readonly maxResponseBytes: number;
}

/** Who hears of progress. */
export type ProgressWatcher = Pick<ToolContext, 'progress' | 'logger'>;

/** Tells a step. What the watcher makes of it is not the call's affair. */
export function tellProgress(watcher: ProgressWatcher, step: ToolProgress): void {
  try {
    watcher.progress(step);
  } catch (cause) {
    watcher.logger.warn('a watcher of progress failed', { cause });
  }
}

/**
 * Makes one exchange for a caller that watches. A service that streams is heard until its `result` or `error` event,
 * whose data is then the answer; one that does not answers as ever. Rejects with an `HttpFailure`.
 */
export function streamedExchange(
  http: ServiceClient,
  request: StreamedExchangeRequest,
  watcher: ProgressWatcher,
): Promise<HttpAnswer> {
  return new WatchedAnswer(http, request, watcher).answer;
}

const EVENT_STREAM = /^text\/event-stream\s*(?:;|$)/i;

/**
 * 1. It settles once; after that there is no timer, no listener and no connection that is still read.
 * 2. `http` measures the time until the head. From there the timer is for the rest of a plain answer, and between two
 *    chunks of a stream. The whole call ends at its deadline, of which the signal tells.
 */
class WatchedAnswer implements HttpStreamSink {
  readonly answer: Promise<HttpAnswer>;
  readonly #request: StreamedExchangeRequest;
  readonly #watcher: ProgressWatcher;
  readonly #stream: HttpStream;
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (failure: HttpFailure) => void;
  readonly #chunks: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;
  #events: EventStreamReader | undefined;
  #isSettled = false;
  #hasHead = false;
  #status = 0;
  #headers: HttpAnswer['headers'] = {};
  #bytes = 0;

  constructor(http: ServiceClient, request: StreamedExchangeRequest, watcher: ProgressWatcher) {
    this.#request = request;
    this.#watcher = watcher;
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    this.answer = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    const { timeoutMs, signal, maxResponseBytes, ...rest } = request;
    this.#stream = http.stream({ ...rest, headTimeoutMs: timeoutMs }, this);
    if (signal.aborted) this.handleEvent();
    else signal.addEventListener('abort', this);
  }

  /** The caller's signal was aborted. */
  handleEvent(): void {
    this.#fail('cancelled', 'cancelled by the caller');
  }

  onHead(status: number, headers: HttpAnswer['headers']): void {
    this.#hasHead = true;
    this.#status = status;
    this.#headers = headers;
    const type = headers['content-type'];
    if (status === 200 && typeof type === 'string' && EVENT_STREAM.test(type)) this.#events = new EventStreamReader();
    this.#timer = this.#startTimer(); // 2
  }

  onData(chunk: Buffer): void {
    if (this.#isSettled) return;
    this.#bytes += chunk.length;
    if (this.#events === undefined) this.#chunks.push(chunk);
    else this.#hear(this.#events.read(chunk));
    if (this.#bytes > this.#request.maxResponseBytes) this.#fail('too_large', 'the answer is too long');
  }

  onEnd(): void {
    if (this.#events === undefined) this.#succeed(Buffer.concat(this.#chunks, this.#bytes), this.#headers);
    else this.#fail('truncated', 'the stream ended without a result');
  }

  onFailure(failure: HttpFailure): void {
    if (this.#settle()) this.#reject(failure);
  }

  #hear(events: readonly ServerEvent[]): void {
    clearTimeout(this.#timer);
    this.#timer = this.#startTimer(); // 2
    for (const event of events) this.#heard(event);
  }

  #heard({ name, data }: ServerEvent): void {
    if (name === 'result' || name === 'error') {
      this.#succeed(Buffer.from(data), { 'content-type': 'application/json' });
      this.#stream.abort();
    } else if (name === 'progress') {
      // A stream of progress has no size to speak of; only its result has.
      this.#bytes = 0;
      const step = readProgress(jsonOf(data));
      if (step !== undefined && !this.#isSettled) tellProgress(this.#watcher, step);
    }
  }

  #startTimer(): NodeJS.Timeout {
    const { timeoutMs } = this.#request;
    return setTimeout(() => this.#fail('timeout', `nothing came within ${timeoutMs} ms`), timeoutMs);
  }

  #succeed(body: Buffer, headers: HttpAnswer['headers']): void {
    if (this.#settle()) this.#resolve({ status: this.#status, headers, body });
  }

  #fail(kind: 'cancelled' | 'timeout' | 'too_large' | 'truncated', what: string): void {
    if (!this.#settle()) return;
    this.#stream.abort();
    const { origin } = this.#request.target;
    this.#reject(
      new HttpFailure(kind, `${what}: ${origin}`, {
        sent: true,
        ...(this.#hasHead ? { status: this.#status } : {}),
      }),
    );
  }

  /** @returns Whether this call was the one that settled it. */
  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#request.signal.removeEventListener('abort', this);
    return true;
  }
}

function jsonOf(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    // A step that cannot be read is left out; the next one comes.
    return undefined;
  }
}
