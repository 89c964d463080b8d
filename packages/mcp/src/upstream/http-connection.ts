import type { Credentials, HttpAnswer, HttpClient, HttpFailure, HttpStream, HttpTarget } from '@capstan/http';
import { CapstanError } from '@capstan/sdk';
import { TransportFailure, type TransportFailureKind } from './transport.ts';

/** How an HTTP server is reached. */
export interface HttpEndpoint {
  readonly client: HttpClient;
  readonly url: string;
  /** Hosts that may be reached; absent means the host of the URL. */
  readonly egress: readonly string[] | undefined;
  /** Fixed headers, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: HttpCredentials | undefined;
  /** Until the head of an answer, in ms. */
  readonly headTimeoutMs: number;
}

/** Proves to a server who calls. */
export interface HttpCredentials {
  /** Put on one request now; a promise only where a token must be got first. */
  get(): Credentials | Promise<Credentials>;
  /** The server refused these (401). True when the next ones may fare better. */
  refused?(credentials: Credentials): boolean;
}

/** One request to the endpoint. */
export interface EndpointRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  /** Beside the endpoint's own: names and values in turn. */
  readonly headers: readonly string[];
  readonly body?: string;
  readonly longLived?: boolean;
  /** Another URL of the same origin. Default: the endpoint's. */
  readonly url?: URL;
}

/** Hears the answer of one request. */
export interface EndpointSink {
  onHead(status: number, headers: HttpAnswer['headers']): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onFailure(failure: TransportFailure): void;
}

/** Makes requests to one endpoint, with its headers and credentials, over the guarded client. */
export class HttpConnection {
  readonly url: URL;
  readonly #endpoint: HttpEndpoint;
  readonly #target: HttpTarget;
  readonly #fixed: readonly string[];

  /** @throws CapstanError CAPSTAN_CONFIG_INVALID or CAPSTAN_EGRESS_DENIED */
  constructor(endpoint: HttpEndpoint) {
    this.url = parseUrl(endpoint.url);
    this.#endpoint = endpoint;
    this.#target = endpoint.client.target(this.url.origin, endpoint.egress);
    this.#fixed = Object.entries(endpoint.headers).flat();
  }

  /** Sends it. The returned function drops it; the sink hears nothing more then. */
  send(request: EndpointRequest, sink: EndpointSink): () => void {
    const { credentials } = this.#endpoint;
    if (credentials === undefined) {
      const stream = this.#open(request, undefined, sink);
      return () => stream.abort();
    }
    return this.#sendAuthorized(request, credentials, sink);
  }

  #sendAuthorized(request: EndpointRequest, credentials: HttpCredentials, sink: EndpointSink): () => void {
    let stream: HttpStream | undefined;
    let isDropped = false;
    const open = (spent: Credentials, mayRetry: boolean): void => {
      if (isDropped) return;
      const again = (): void => {
        stream?.abort();
        if (credentials.refused?.(spent) === true) get(false);
        else sink.onFailure(unauthorized(401));
      };
      stream = this.#open(request, spent, mayRetry ? refusable(sink, again) : sink);
    };
    const get = (mayRetry: boolean): void => {
      const spent = credentials.get();
      if (spent instanceof Promise) settle(spent.then((ready) => open(ready, mayRetry)));
      else open(spent, mayRetry);
    };
    const settle = (work: Promise<void>): void => {
      work.catch((cause: unknown) => {
        if (!isDropped) sink.onFailure(noCredentials(cause));
      });
    };
    get(true);
    return () => {
      isDropped = true;
      stream?.abort();
    };
  }

  #open(request: EndpointRequest, credentials: Credentials | undefined, sink: EndpointSink): HttpStream {
    const url = request.url ?? this.url;
    const own = credentials === undefined ? this.#fixed : [...this.#fixed, ...credentials.headers];
    return this.#endpoint.client.stream(
      {
        target: this.#target,
        method: request.method,
        path: pathOf(url, credentials?.query),
        headers: own.length === 0 ? request.headers : [...request.headers, ...own],
        ...(request.body === undefined ? {} : { body: request.body }),
        headTimeoutMs: this.#endpoint.headTimeoutMs,
        ...(request.longLived === undefined ? {} : { longLived: request.longLived }),
      },
      {
        onHead: (status, headers) => sink.onHead(status, headers),
        onData: (chunk) => sink.onData(chunk),
        onEnd: () => sink.onEnd(),
        onFailure: (failure) => sink.onFailure(toTransportFailure(failure)),
      },
    );
  }
}

function pathOf({ pathname, search }: URL, query = ''): string {
  if (query === '') return `${pathname}${search}`;
  return `${pathname}${search === '' ? '?' : `${search}&`}${query}`;
}

/** A failure of the credentials, as HTTP says it. */
export function unauthorized(status: number): TransportFailure {
  return new TransportFailure('auth', `the MCP server refused the credentials (HTTP ${status})`, {
    sent: false,
    status,
  });
}

function refusable(sink: EndpointSink, again: () => void): EndpointSink {
  return {
    onHead: (status, headers) => (status === 401 ? again() : sink.onHead(status, headers)),
    onData: (chunk) => sink.onData(chunk),
    onEnd: () => sink.onEnd(),
    onFailure: (failure) => sink.onFailure(failure),
  };
}

function noCredentials(cause: unknown): TransportFailure {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TransportFailure('auth', `no credentials for the MCP server: ${why}`, { sent: false, cause });
}

const KINDS: Partial<Record<HttpFailure['kind'], TransportFailureKind>> = {
  egress_denied: 'egress_denied',
  timeout: 'timeout',
  protocol: 'protocol',
  too_large: 'protocol',
  invalid_request: 'protocol',
  closed: 'closed',
  cancelled: 'closed',
};

function toTransportFailure(failure: HttpFailure): TransportFailure {
  return new TransportFailure(KINDS[failure.kind] ?? 'unreachable', failure.message, {
    sent: failure.sent,
    cause: failure,
  });
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && url.username === '' && url.password === '') return url;
  throw new CapstanError(
    'CAPSTAN_CONFIG_INVALID',
    'the URL of an MCP server is not an absolute URL without user name',
    {
      hint: 'Write it in full, such as https://tools.example.com/mcp, and give credentials as token or headers.',
    },
  );
}
