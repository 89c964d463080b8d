import type { HttpAnswer, HttpClient, HttpFailure, HttpStream, HttpTarget } from '@capstan/http';
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
  /** The value of `authorization`; a promise only where a token must be got first. */
  authorization(): string | Promise<string>;
  /** The server refused it (401). True when the next one may fare better. */
  refused?(): Promise<boolean>;
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
    const open = (authorization: string, mayRetry: boolean): void => {
      if (isDropped) return;
      const guarded = mayRetry ? refusable(sink, () => again()) : sink;
      stream = this.#open(request, authorization, guarded);
    };
    const again = (): void => {
      stream?.abort();
      settle(
        Promise.resolve(credentials.refused?.() ?? false).then((isNew) =>
          isNew ? Promise.resolve(credentials.authorization()).then((value) => open(value, false)) : refused(),
        ),
      );
    };
    const refused = (): void => {
      if (!isDropped) sink.onFailure(unauthorized(401));
    };
    const settle = (work: Promise<void>): void => {
      work.catch((cause: unknown) => {
        if (!isDropped) sink.onFailure(noCredentials(cause));
      });
    };
    const value = credentials.authorization();
    if (typeof value === 'string') open(value, true);
    else settle(value.then((ready) => open(ready, true)));
    return () => {
      isDropped = true;
      stream?.abort();
    };
  }

  #open(request: EndpointRequest, authorization: string | undefined, sink: EndpointSink): HttpStream {
    const url = request.url ?? this.url;
    const own = authorization === undefined ? this.#fixed : [...this.#fixed, 'authorization', authorization];
    return this.#endpoint.client.stream(
      {
        target: this.#target,
        method: request.method,
        path: `${url.pathname}${url.search}`,
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
