import { type CapstanError, isCapstanError, type ToolConnection } from '@capstan/sdk';
import { HttpFailure } from '../http-failure.ts';
import type { HttpAnswer, HttpClient, HttpStream, HttpStreamRequest, HttpStreamSink } from '../types.ts';
import type { Authenticator, CredentialUse, ServiceClient } from './authentication.ts';
import { type Credentials, withCredentials } from './credentials.ts';

/** Makes the client of a connection. A 401 to a token is tried once more with a new one, in streams too. */
export function serviceClient(
  http: HttpClient,
  authenticator: Pick<Authenticator, 'credentials' | 'refused' | 'exchange'>,
  { connection, use }: { readonly connection: ToolConnection; readonly use: CredentialUse },
): ServiceClient {
  return {
    exchange: (exchange) => authenticator.exchange(connection, exchange, use),
    stream: (request, sink) =>
      new AuthorizedStream(request, sink, {
        open: (authorized, inner) => http.stream(authorized, inner),
        credentials: () => authenticator.credentials(connection, { ...use, timeoutMs: request.headTimeoutMs }),
        refused: (credentials) => authenticator.refused(connection, credentials),
      }),
  };
}

interface StreamServices {
  readonly open: (request: HttpStreamRequest, sink: HttpStreamSink) => HttpStream;
  readonly credentials: () => Credentials | Promise<Credentials>;
  readonly refused: (credentials: Credentials) => boolean;
}

/**
 * 1. After `abort` the sink hears nothing.
 * 2. The sink hears one head: a 401 that is going to be tried again is not told.
 */
class AuthorizedStream implements HttpStream {
  readonly #request: HttpStreamRequest;
  readonly #sink: HttpStreamSink;
  readonly #services: StreamServices;
  #stream: HttpStream | undefined;
  #isAborted = false;

  constructor(request: HttpStreamRequest, sink: HttpStreamSink, services: StreamServices) {
    this.#request = request;
    this.#sink = sink;
    this.#services = services;
    this.#begin(true);
  }

  abort(): void {
    this.#isAborted = true;
    this.#stream?.abort();
  }

  #begin(mayRepeat: boolean): void {
    try {
      const credentials = this.#services.credentials();
      if (credentials instanceof Promise) {
        credentials.then(
          (got) => this.#open(got, mayRepeat),
          (thrown: unknown) => this.#fail(thrown),
        );
      } else this.#open(credentials, mayRepeat);
    } catch (thrown) {
      queueMicrotask(() => this.#fail(thrown));
    }
  }

  #open(credentials: Credentials, mayRepeat: boolean): void {
    if (this.#isAborted) return; // 1
    const request = withCredentials(this.#request, credentials);
    this.#stream = this.#services.open(request, mayRepeat ? this.#refusable(credentials) : this.#sink);
  }

  #refusable(credentials: Credentials): HttpStreamSink {
    const sink = this.#sink;
    return {
      onHead: (status: number, headers: HttpAnswer['headers']) => {
        if (status !== 401 || !this.#services.refused(credentials)) return sink.onHead(status, headers);
        this.#stream?.abort(); // 2
        this.#begin(false);
      },
      onData: (chunk) => sink.onData(chunk),
      onEnd: () => sink.onEnd(),
      onFailure: (failure) => sink.onFailure(failure),
    };
  }

  #fail(thrown: unknown): void {
    if (this.#isAborted) return; // 1
    const message = thrown instanceof Error ? thrown.message : 'no credentials';
    const failure = new HttpFailure('invalid_request', message, { sent: false, cause: thrown });
    this.#sink.onFailure(thrown instanceof HttpFailure ? thrown : failure);
  }
}

/** The error of credentials that could not be had, inside of whatever an exchange or a stream ended with. */
export function credentialFailureOf(thrown: unknown): CapstanError | undefined {
  return asCapstanError(thrown) ?? (thrown instanceof HttpFailure ? asCapstanError(thrown.cause) : undefined);
}

function asCapstanError(value: unknown): CapstanError | undefined {
  return isCapstanError(value) ? value : undefined;
}
