import type { EndpointSink, HttpConnection } from './http-connection.ts';
import { sessionLost } from './request-sink.ts';
import { SseReader } from './sse-reader.ts';
import type { TransportFailure } from './transport.ts';

const STREAM_HEADERS = ['accept', 'text/event-stream'];
const PAUSE_MS = 250;
const MAX_PAUSE_MS = 30_000;

/** What a {@link NoticeStream} needs. */
export interface NoticeStreamOptions {
  readonly connection: HttpConnection;
  /** Version and session, as they are now. */
  readonly headers: () => readonly string[];
  /** Whether the server gave a session: without one a 404 says only that there is no such stream. */
  readonly hasSession: () => boolean;
  readonly onData: (data: string) => void;
  /** The server is gone, or does not know the session any more. */
  readonly onLost: (failure: TransportFailure) => void;
}

/**
 * The GET stream of a session: what a server sends that belongs to no request.
 *
 * 1. A server without one (405, or another refusal) is left in peace.
 * 2. After a break it is opened again, from the last event on: at once, then with growing pauses, until `close`.
 * 3. Where no connection can be opened any more, the server is gone: that is said instead of trying here.
 */
export class NoticeStream {
  readonly #options: NoticeStreamOptions;
  #drop: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastEventId: string | undefined;
  #isClosed = false;
  readonly #answered = Promise.withResolvers<void>();

  constructor(options: NoticeStreamOptions) {
    this.#options = options;
  }

  /** Resolves when the server has said whether there is a stream: what it sends before that is lost. */
  get answered(): Promise<void> {
    return this.#answered.promise;
  }

  open(failures = 0): void {
    if (this.#isClosed) return;
    const { connection, headers, onData } = this.#options;
    const reader = new SseReader(({ data }) => onData(data));
    const resume = this.#lastEventId === undefined ? [] : ['last-event-id', this.#lastEventId];
    this.#drop = connection.send(
      { method: 'GET', headers: [...STREAM_HEADERS, ...headers(), ...resume], longLived: true },
      this.#sink(reader, failures),
    );
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#drop?.();
  }

  #sink(reader: SseReader, failures: number): EndpointSink {
    let status = 0;
    const ended = (): void => {
      this.#lastEventId = reader.lastEventId ?? this.#lastEventId;
      const isFailure = status !== 200;
      this.#again(isFailure ? failures + 1 : 0, reader.retryMs);
    };
    return {
      onHead: (code) => {
        status = code;
        this.#answered.resolve();
      },
      onData: (chunk) => {
        if (status === 200) reader.push(chunk);
      },
      onEnd: () => {
        if (status === 404 && this.#options.hasSession()) this.#options.onLost(sessionLost());
        else if (status < 400 || status >= 500) ended(); // 1
      },
      onFailure: (failure) => {
        this.#answered.resolve();
        if (failure.sent) ended();
        else this.#options.onLost(failure); // 3
      },
    };
  }

  /** 2 */
  #again(failures: number, retryMs: number | undefined): void {
    const pause = Math.min((retryMs ?? PAUSE_MS) * 2 ** failures, MAX_PAUSE_MS);
    this.#timer = setTimeout(() => this.open(failures), pause);
    this.#timer.unref();
  }
}
