import type { IncomingHttpHeaders } from 'node:http';
import type { AddressRanges } from '@capstan/http';

/** What says where a request came from. */
export interface RequestPlace {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/**
 * The address of the client. Each proxy appends whom it heard (`X-Forwarded-For`), so the list is read from its end, and
 * only as far as it was written by proxies that the operator trusts: everything before that, a client may have made up.
 */
export function clientAddress({ headers, socket }: RequestPlace, trustedProxies: AddressRanges): string {
  const peer = socket.remoteAddress ?? 'unknown';
  if (trustedProxies.isEmpty || !trustedProxies.includes(peer)) return peer;
  let address = peer;
  for (const heard of forwardedFor(headers).toReversed()) {
    if (!trustedProxies.includes(address)) return address;
    address = heard;
  }
  return address;
}

function forwardedFor(headers: IncomingHttpHeaders): readonly string[] {
  const value = headers['x-forwarded-for'];
  const text = Array.isArray(value) ? value.join(',') : (value ?? '');
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
