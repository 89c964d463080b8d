import type { HostLookup } from './address-guard.ts';
import type { HttpFailure } from './http-failure.ts';

/** Which addresses and hosts may be reached at all. Decided by the operator, for the whole host. */
export interface EgressPolicy {
  /** Address ranges (CIDR) that may be reached although they are not globally routable, such as `127.0.0.0/8`. */
  readonly allowPrivate: readonly string[];
}

/** Options of a client; one per host process. */
export interface HttpClientOptions {
  readonly egress: EgressPolicy;
  /** PEM certificates to trust beside the system's. Verification cannot be switched off. */
  readonly certificates?: readonly string[];
  /** Connections kept per origin; further exchanges wait for a free one. Default 64. */
  readonly connectionsPerOrigin?: number;
  /** How long one connection may take to open, in ms. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Called with every request as it goes out, for `--debug`: headers are masked. */
  readonly onRequest?: (line: OutgoingRequest) => void;
  /** Makes a span of each request that carries a `traceparent`. */
  readonly tracing?: OutgoingTracing;
  /** Resolves host names. Default: the system's resolver. Its answers are checked all the same. */
  readonly lookup?: HostLookup;
}

/** Makes spans of requests that go out. Must not throw. */
export interface OutgoingTracing {
  /** @param request `traceparent` is that of what causes the request */
  begin(request: { readonly method: string; readonly origin: string; readonly traceparent: string }): OutgoingSpan;
}

/** A request that is under way. */
export interface OutgoingSpan {
  /** Goes out with the request. */
  readonly traceparent: string;
  /** With the status of the answer, or with what went wrong in its place. */
  end(result: { readonly status?: number; readonly error?: string }): void;
}

/** A request as a person may see it. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
}

/** A target that was parsed and checked once: its origin's pool, its path prefix. */
export interface HttpTarget {
  readonly origin: string;
  /** Without a trailing slash; empty for the root. */
  readonly basePath: string;
  readonly hostname: string;
}

/** One exchange. */
export interface HttpExchange {
  readonly target: HttpTarget;
  readonly method: string;
  /** Appended to the target's base path as it is; already encoded. */
  readonly path: string;
  /**
   * Sent as written, in this order: an object, or names and values in turn.
   * A CR or LF in a value is refused, and so is `host`: the target decides it.
   */
  readonly headers: Readonly<Record<string, string>> | readonly string[];
  readonly body?: string | Buffer;
  /** The whole exchange, from now to the last byte, in ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Default 10 MiB. */
  readonly maxResponseBytes?: number;
}

/** One exchange whose answer is read as it comes. */
export interface HttpStreamRequest {
  readonly target: HttpTarget;
  readonly method: string;
  /** Appended to the target's base path as it is; already encoded. */
  readonly path: string;
  /** As in {@link HttpExchange}. */
  readonly headers: Readonly<Record<string, string>> | readonly string[];
  readonly body?: string | Buffer;
  /** From now to the answer's head, in ms. The body may take as long as it likes. */
  readonly headTimeoutMs: number;
  /** It may stay open for hours: it gets a connection of its own, beside those that exchanges share. */
  readonly longLived?: boolean;
}

/** Hears an answer as it comes: the head, chunks, then exactly one of `onEnd` and `onFailure`. Must not throw. */
export interface HttpStreamSink {
  onHead(status: number, headers: HttpAnswer['headers']): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onFailure(failure: HttpFailure): void;
}

/** An answer that is being read. */
export interface HttpStream {
  /** Stops reading and drops the connection; the sink hears nothing more. */
  abort(): void;
}

/** What came back, whole. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** The one way out. */
export interface HttpClient {
  /**
   * Parses and checks a base URL: scheme http or https, no userinfo, no query, host on the allowlist.
   * The allowlist's entries are hosts, `host:port`, `*.example.com` or URLs; absent means the URL's own host.
   * @throws CapstanError `CAPSTAN_EGRESS_DENIED` or `CAPSTAN_CONFIG_INVALID`.
   */
  target(url: string, egress: readonly string[] | undefined): HttpTarget;
  /** Makes one exchange: no redirects, no retries. Any status is an answer. Rejects with an `HttpFailure`. */
  exchange(exchange: HttpExchange): Promise<HttpAnswer>;
  /** Makes one exchange and hands its answer on as it comes: no redirects, no retries, no limit of size. */
  stream(request: HttpStreamRequest, sink: HttpStreamSink): HttpStream;
  /** Takes no more exchanges, waits for those under way up to the grace time (default 2,000 ms), then cuts them off. */
  close(graceMs?: number): Promise<void>;
  /** Sockets that are open or opening. */
  openSockets(): number;
}
