import { onTestFinished } from 'vitest';
import { createHttpClient } from './http-client.ts';
import { HttpFailure } from './http-failure.ts';
import type { HttpClient, HttpClientOptions, HttpExchange } from './types.ts';

/** A client that may reach the loopback, closed after the test. */
export function loopbackClient(options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = createHttpClient({ egress: { allowPrivate: ['127.0.0.0/8', '::1/128'] }, ...options });
  onTestFinished(() => client.close(0));
  return client;
}

/** A POST of `{}` to a URL. */
export function post(client: HttpClient, url: string, parts: Partial<HttpExchange> = {}): HttpExchange {
  return {
    target: client.target(url, undefined),
    method: 'POST',
    path: '/x',
    headers: ['Content-Type', 'application/json'],
    body: '{}',
    timeoutMs: 5_000,
    ...parts,
  };
}

/** The failure that an exchange must end in. */
export async function failureOf(work: Promise<unknown>): Promise<HttpFailure> {
  const outcome = await work.then(
    (answer) => answer,
    (error: unknown) => error,
  );
  if (outcome instanceof HttpFailure) return outcome;
  throw new Error('expected an HttpFailure', { cause: outcome });
}
