import { CapstanError } from '@capstan/sdk';
import type { HttpAnswer, HttpClient } from '../types.ts';

/** The part of `fetch` that an OAuth library needs, over our own guarded client. */
export type GuardedFetch = (url: string, options: GuardedFetchOptions) => Promise<Response>;

/** What is asked for. */
export interface GuardedFetchOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: URLSearchParams | undefined;
}

const MAX_ANSWER_BYTES = 1024 * 1024;
/** A `Response` of these may have no body (Fetch, section 2.2.3). */
const BODILESS = new Set([204, 205, 304]);

/** `fetch` to the hosts of a list and no others; no redirects. */
export function guardedFetch(http: HttpClient, egress: readonly string[], timeoutMs: number): GuardedFetch {
  return async (url, { method, headers, body }) => {
    const { origin, pathname, search } = new URL(url);
    const answer = await http.exchange({
      target: http.target(origin, egress),
      method,
      path: `${pathname}${search}`,
      headers,
      ...(body === undefined ? {} : { body: body.toString() }),
      timeoutMs,
      maxResponseBytes: MAX_ANSWER_BYTES,
    });
    return responseOf(answer, origin);
  };
}

function responseOf({ status, headers, body }: HttpAnswer, origin: string): Response {
  if (status < 200 || status > 599) {
    throw new CapstanError('CAPSTAN_REMOTE_INVALID_RESPONSE', `${origin} answered with the status ${status}.`);
  }
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
  );
  return new Response(BODILESS.has(status) ? null : withoutIdentityToken(body), { status, headers: pairs });
}

/** An identity token is for signing people in. Nobody does that here, and to check one takes the issuer's keys. */
function withoutIdentityToken(body: Buffer): string {
  const text = body.toString('utf8');
  if (!text.includes('"id_token"')) return text;
  try {
    const { id_token: _unused, ...rest }: Record<string, unknown> = JSON.parse(text);
    return JSON.stringify(rest);
  } catch {
    // Not JSON: whoever reads it says so.
    return text;
  }
}
