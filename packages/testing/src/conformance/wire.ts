import { createHttpClient, type HttpClient, HttpFailure } from '@capstan/http';
import type { JsonValue } from '@capstan/sdk';

/** A request as it goes out: nothing is added to its headers and its body is not looked at. */
export interface WireRequest {
  readonly method: string;
  /** Below the base URL, or an absolute URL of the same origin. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Whether a 404 only says that the service does not offer this: {@link Wire.answers} does not remember it then. */
  readonly mayBeAbsent?: boolean;
}

/** What came back. */
export interface WireAnswer {
  /** `POST /v1/tools/line.send_message`, for people. */
  readonly request: string;
  readonly status: number;
  /** Names in lower case; repeated ones joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Undefined where the body is no JSON. */
  readonly json: JsonValue | undefined;
  readonly durationMs: number;
}

/** A request that went out with a body. */
export interface SentRequest {
  readonly request: string;
  readonly body: string | Buffer;
}

/** Nothing came back. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** What a wire is made of. */
export interface WireOptions {
  readonly url: string;
  readonly certificates: readonly string[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Ms since some fixed moment. */
  readonly now: () => number;
}

/** Sends one request and reads the whole answer. @throws NoAnswer */
export type Send = (request: WireRequest) => Promise<WireAnswer>;

/** Several requests over one connection, one after the other, as long as the service keeps it open. */
export interface WireSession {
  readonly send: Send;
  close(): Promise<void>;
}

/** Everything may be reached: the person who runs the kit has chosen the address. */
const ANYWHERE = ['0.0.0.0/0', '::/0'];

/**
 * The connection to the service under test. Every request has a connection of its own, so that what one breaks does not
 * show in the next.
 */
export class Wire {
  readonly #options: WireOptions;
  readonly #answers: WireAnswer[] = [];
  #lastSent: SentRequest | undefined;

  constructor(options: WireOptions) {
    this.#options = options;
  }

  /** Without a slash at its end. */
  get baseUrl(): string {
    return this.#options.url.replace(/\/+$/, '');
  }

  /** Every answer so far, in order, without those that say that something is not offered. */
  get answers(): readonly WireAnswer[] {
    return this.#answers;
  }

  /** The last request that went out with a body. */
  get lastSent(): SentRequest | undefined {
    return this.#lastSent;
  }

  /** Forgets it, so that what the next check says is about its own requests. */
  forgetSent(): void {
    this.#lastSent = undefined;
  }

  readonly send: Send = async (request) => {
    const session = this.session();
    try {
      return await session.send(request);
    } finally {
      await session.close();
    }
  };

  session(): WireSession {
    const { certificates } = this.#options;
    const http = createHttpClient({ egress: { allowPrivate: ANYWHERE }, certificates, connectionsPerOrigin: 1 });
    return { send: (request) => this.#exchange(http, request), close: () => http.close(0) };
  }

  async #exchange(http: HttpClient, request: WireRequest): Promise<WireAnswer> {
    const { url, timeoutMs, signal, now } = this.#options;
    const { method, headers, body, path } = request;
    const absolute = URL.parse(path);
    const target = http.target(absolute?.origin ?? url, undefined);
    const local = absolute === null ? path : `${absolute.pathname}${absolute.search}`;
    const shown = `${method} ${local.length > MAX_SHOWN_PATH ? `${local.slice(0, MAX_SHOWN_PATH)}…` : local}`;
    const startedMs = now();
    if (body !== undefined) this.#lastSent = { request: shown, body };
    try {
      const answer = await http.exchange({
        target,
        method,
        path: local,
        headers,
        ...(body === undefined ? {} : { body }),
        timeoutMs,
        ...(signal === undefined ? {} : { signal }),
      });
      const seen = seenAnswer(shown, answer, now() - startedMs);
      if (request.mayBeAbsent !== true || seen.status !== 404) this.#answers.push(seen);
      return seen;
    } catch (error) {
      if (signal?.aborted || !(error instanceof HttpFailure)) throw error;
      throw new NoAnswer(`${shown} got no answer: ${error.message}`, { cause: error });
    }
  }
}

const MAX_SHOWN_PATH = 80;

function seenAnswer(
  request: string,
  { status, headers, body }: Awaited<ReturnType<HttpClient['exchange']>>,
  durationMs: number,
): WireAnswer {
  const flat = Object.entries(headers).map(([name, value]) => [name, String(value ?? '')] as const);
  const text = body.toString('utf8');
  return { request, status, headers: Object.fromEntries(flat), text, json: parsed(text), durationMs };
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
