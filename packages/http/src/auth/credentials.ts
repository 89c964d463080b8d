import { CapstanError } from '@capstan/sdk';
import { isFlat } from '../outgoing-request.ts';
import type { HttpExchange } from '../types.ts';
import { type AuthMethod, type OAuthMethod, type Spendable, spend } from './auth-method.ts';

/** What authentication adds to one request. It holds plain secrets: put it on the wire at once and keep it nowhere. */
export interface Credentials {
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** `name=value`, encoded; empty for none. */
  readonly query: string;
}

const NOTHING: Credentials = Object.freeze({ headers: Object.freeze([]), query: '' });

/** The credentials of a method that needs nobody else, spent now. */
export function spendCredentials(method: Exclude<AuthMethod, OAuthMethod>): Credentials {
  switch (method.kind) {
    case 'none':
      return NOTHING;
    case 'bearer':
      return bearer(method.token);
    case 'header_key':
      return { headers: [method.header, carriable(method.header, `${method.prefix}${spend(method.key)}`)], query: '' };
    case 'query_key':
      return { headers: [], query: `${encodeURIComponent(method.parameter)}=${encodeURIComponent(spend(method.key))}` };
    case 'basic': {
      const pair = `${spend(method.username)}:${spend(method.password)}`; // RFC 7617, section 2
      return { headers: ['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`], query: '' };
    }
  }
}

/** A key out of a file often ends with a line break. The value is not repeated. */
function carriable(header: string, value: string): string {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  throw new CapstanError('CAPSTAN_CONFIG_INVALID', `The key for the header "${header}" cannot be sent in one.`, {
    hint: 'It has a character that no header can carry; look for a line break at its end.',
  });
}

/** RFC 6750, section 2.1. */
export function bearer(token: Spendable): Credentials {
  return { headers: ['Authorization', `Bearer ${spend(token)}`], query: '' };
}

/** The request with its credentials first; a header of the same name that the caller set gives way. */
export function withCredentials<Request extends Pick<HttpExchange, 'path' | 'headers'>>(
  exchange: Request,
  { headers, query }: Credentials,
): Request {
  if (query !== '') return { ...exchange, path: withQuery(exchange.path, query) };
  if (headers.length === 0) return exchange;
  return { ...exchange, headers: [...headers, ...without(exchange.headers, headers[0] ?? '')] };
}

function withQuery(path: string, query: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

function without(headers: HttpExchange['headers'], name: string): readonly string[] {
  const flat: readonly string[] = isFlat(headers) ? headers : Object.entries(headers).flat();
  const kept: string[] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const own = flat[index] ?? '';
    if (own.length === name.length && own.toLowerCase() === name.toLowerCase()) continue;
    kept.push(own, flat[index + 1] ?? '');
  }
  return kept;
}
