import { MASK, maskSecrets } from '@capstan/schema';
import type { HttpExchange, OutgoingRequest } from './types.ts';

/** Headers whose whole value is a credential, under whatever name a service gives it. */
const CREDENTIAL = /auth|token|secret|password|credential|signature|cookie|api[-_]?key/i;

/** The request as `--debug` shows it: credentials and every known secret masked. */
export function describeRequest(
  exchange: Pick<HttpExchange, 'target' | 'method' | 'path' | 'headers' | 'body'>,
): OutgoingRequest {
  const { target, method, path, body } = exchange;
  const shown = headerPairs(exchange.headers).map(([name, value]) => [
    name.toLowerCase(),
    CREDENTIAL.test(name) ? MASK : maskSecrets(value),
  ]);
  return {
    method,
    url: maskSecrets(`${target.origin}${target.basePath}${path}`),
    headers: Object.fromEntries(shown),
    bodyBytes: body === undefined ? 0 : Buffer.byteLength(body),
  };
}

/** Headers as pairs, in either of the two forms that an exchange takes. */
function headerPairs(headers: HttpExchange['headers']): readonly (readonly [name: string, value: string])[] {
  if (!isFlat(headers)) return Object.entries(headers);
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    pairs.push([headers[index] ?? '', headers[index + 1] ?? '']);
  }
  return pairs;
}

/** `Array.isArray` does not narrow a readonly array. */
export function isFlat(headers: HttpExchange['headers']): headers is readonly string[] {
  return Array.isArray(headers);
}
