import type { HttpAnswer } from '@capstan/http';
import { CapstanError } from '@capstan/sdk';
import type { PlannedRequest } from '../request/plan-request.ts';

const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * The request that a redirect of a GET or HEAD asks for, or `undefined` where it must not be followed:
 * credentials and allowances belong to one host.
 */
export function redirected(request: PlannedRequest, answer: HttpAnswer): PlannedRequest | undefined {
  const { location } = answer.headers;
  if (!REDIRECTS.includes(answer.status) || typeof location !== 'string') return undefined;
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  return requestTo(request, location);
}

/**
 * The request for the URL of a next page.
 * @throws CapstanError `CAPSTAN_EGRESS_DENIED` where it is at another host.
 */
export function nextRequest(request: PlannedRequest, url: string): PlannedRequest {
  const next = requestTo(request, url);
  if (next) return next;
  throw new CapstanError(
    'CAPSTAN_EGRESS_DENIED',
    'The service names a next page at another host, which is not followed.',
  );
}

function requestTo(request: PlannedRequest, reference: string): PlannedRequest | undefined {
  const here = URL.parse(`${request.baseUrl.replace(/\/+$/, '')}${request.path}?${request.query}`);
  const there = here && URL.parse(reference, here);
  if (!there || !isSameService(here, there) || there.username !== '' || there.password !== '') return undefined;
  // Services repeat the whole query in their links, credentials too; they are attached again.
  for (const name of request.credentials.queryNames) {
    if (there.searchParams.has(name)) there.searchParams.delete(name);
  }
  return { ...request, baseUrl: there.origin, path: there.pathname, query: there.search.slice(1) };
}

/** The same origin, or the same host by TLS. */
function isSameService(here: URL, there: URL): boolean {
  if (there.origin === here.origin) return true;
  return (
    here.protocol === 'http:' && there.protocol === 'https:' && here.hostname === there.hostname && there.port === ''
  );
}
