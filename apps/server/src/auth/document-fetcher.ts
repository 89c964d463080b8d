import type { HttpClient } from '@capstan/http';
import type { FetchDocument } from '@capstan/identity';
import { CapstanError } from '@capstan/sdk';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;

/** Fetches metadata and keys of issuers through the guarded client: no redirects, no address that egress forbids. */
export function documentFetcher(http: HttpClient): FetchDocument {
  return async (url) => {
    const { origin, pathname, search } = new URL(url);
    const { status, body } = await http.exchange({
      target: http.target(origin, undefined),
      method: 'GET',
      path: `${pathname}${search}`,
      headers: { accept: 'application/json' },
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_BYTES,
    });
    if (status === 200) return JSON.parse(body.toString('utf8'));
    throw new CapstanError('CAPSTAN_REMOTE_INVALID_RESPONSE', `${url} answered with the status ${status}`);
  };
}
