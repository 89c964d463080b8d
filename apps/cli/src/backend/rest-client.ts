import { CapstanError, type JsonObject, type WireError } from '@capstan/sdk';
import { readEvents } from './event-reader.ts';
import { toError } from './outcome-json.ts';

/** Where a server is, and who asks. */
export interface RestTarget {
  /** Without a trailing slash. */
  readonly url: string;
  readonly key: string | undefined;
  /** Gives up what the key may do beyond that. */
  readonly actAs?: 'agent' | undefined;
}

/** One request. */
export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Segments after the URL; each is encoded. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Hears the `progress` events of a streamed answer. */
  readonly onProgress?: (data: unknown) => void;
}

/** Talks to the REST surface of a server. */
export interface RestClient {
  /** The body of an answer: what was asked for, or an outcome. @throws CapstanError the server's own, or where none answered */
  read(request: RestRequest): Promise<unknown>;
}

/** Makes a client on the platform's own fetch. */
export function createRestClient(target: RestTarget): RestClient {
  return {
    read: async (request) => {
      const body = await exchange(target, request);
      if (isErrorBody(body)) throw explained(toError(body.error), target);
      return body;
    },
  };
}

async function exchange(target: RestTarget, request: RestRequest): Promise<unknown> {
  const answer = await send(target, request);
  try {
    if (answer.headers.get('content-type')?.startsWith('text/event-stream')) return await streamed(answer, request);
    return await answer.json();
  } catch (cause) {
    throw broken(target, answer.status, cause, request.signal);
  }
}

/** An error and nothing else: an outcome that failed has a status beside its error. */
function isErrorBody(body: unknown): body is { readonly error: WireError } {
  return typeof body === 'object' && body !== null && 'error' in body && !('status' in body);
}

/** The server speaks of headers; a person here has options. */
function explained(error: CapstanError, { url, key }: RestTarget): CapstanError {
  if (error.code !== 'CAPSTAN_UNAUTHENTICATED') return error;
  const message =
    key === undefined ? `the server at ${url} wants a key` : `the server at ${url} does not know this key`;
  return new CapstanError(error.code, message, {
    hint: 'Give one of its keys with --key or CAPSTAN_KEY; capstan start prints them.',
  });
}

async function send(target: RestTarget, request: RestRequest): Promise<Response> {
  try {
    return await fetch(urlOf(target, request), {
      method: request.method,
      headers: {
        accept: request.onProgress === undefined ? 'application/json' : 'text/event-stream, application/json',
        ...(target.key === undefined ? {} : { authorization: `Bearer ${target.key}` }),
        ...(target.actAs === undefined ? {} : { 'x-capstan-act-as': target.actAs }),
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
      },
      redirect: 'error',
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
  } catch (cause) {
    if (request.signal?.aborted) throw cancelled(cause);
    throw new CapstanError('CAPSTAN_REMOTE_UNREACHABLE', `the server at ${target.url} does not answer`, {
      cause,
      hint: 'Start it with "capstan start", or correct --url.',
    });
  }
}

function urlOf({ url }: RestTarget, { path, query = {} }: RestRequest): string {
  const parameters = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  const search = new URLSearchParams(parameters).toString();
  return `${url}/${path.map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`;
}

async function streamed(answer: Response, { onProgress }: RestRequest): Promise<unknown> {
  if (answer.body !== null) {
    for await (const { event, data } of readEvents(answer.body)) {
      const value: unknown = JSON.parse(data);
      if (event === 'result') return value;
      if (event === 'progress') onProgress?.(value);
    }
  }
  throw new Error('the stream ended without a result');
}

function broken(target: RestTarget, status: number, cause: unknown, signal: AbortSignal | undefined): CapstanError {
  if (signal?.aborted) return cancelled(cause);
  return new CapstanError(
    'CAPSTAN_REMOTE_INVALID_RESPONSE',
    `the answer of ${target.url} (status ${status}) breaks off, or is not one of a Capstan server`,
    { cause, hint: 'Check that --url is the address of a Capstan server, and that it still runs.' },
  );
}

function cancelled(cause: unknown): CapstanError {
  return new CapstanError('CAPSTAN_CANCELLED', 'the call was cancelled', { cause });
}
