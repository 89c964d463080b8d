import { CapstanError, type JsonValue, type PackHttp, type PackHttpResponse } from '@capstan/sdk';
import type { Binding } from '../../workspace/connections.ts';
import type { PackHttpServices, PackHttpUse } from './pack-http-services.ts';
import { RequestAttempts } from './request-attempts.ts';
import { RequestRoutes } from './request-routes.ts';

/** Makes the `http` service of one tool over one connection. */
export interface PackHttpFactory {
  of(binding: Binding, use: PackHttpUse): PackHttp;
  /** Stops what looks after the endpoints of services. */
  close(): void;
}

/**
 * HTTP for pack code: only to the pack's hosts; the connection's credentials go to its own origin and nowhere else. A
 * request that failed is made again where that is safe, as every call of the host is.
 */
export function packHttpOver(services: PackHttpServices): PackHttpFactory {
  const routes = new RequestRoutes(services);
  const attempts = new RequestAttempts(services);
  return {
    of: (binding, use) => ({
      async request(url, options = {}) {
        const found = routes.find(parseUrl(url), binding.connection, use);
        const answer = await attempts.run(found instanceof Promise ? await found : found, {
          connection: binding.connection,
          policy: use.policy,
          options,
        });
        return responseOf(answer.status, answer.headers, answer.body);
      },
    }),
    close: () => routes.close(),
  };
}

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'service:']);

function parseUrl(url: string): URL {
  const parsed = URL.parse(url);
  if (parsed && SCHEMES.has(parsed.protocol)) return parsed;
  throw new CapstanError('CAPSTAN_INVALID_REQUEST', `not an http or https URL: ${JSON.stringify(url.slice(0, 200))}`, {
    hint: 'Give an absolute URL, with its scheme and host.',
  });
}

function responseOf(
  status: number,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: Buffer,
): PackHttpResponse {
  const text = body.toString('utf8');
  return {
    status,
    headers: Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, [value].flat().join(', ')]],
      ),
    ),
    text,
    json(): JsonValue {
      try {
        const value: JsonValue = JSON.parse(text);
        return value;
      } catch (cause) {
        throw new CapstanError('CAPSTAN_REMOTE_INVALID_RESPONSE', 'the answer is not JSON', { cause });
      }
    },
  };
}
