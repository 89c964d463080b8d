import {
  type Authenticator,
  type EventListening,
  egressHintOf,
  type HttpClient,
  type HttpExchange,
  HttpFailure,
  heardExchange,
} from '@capstan/http';
import {
  CapstanError,
  type JsonValue,
  type PackHttp,
  type PackHttpEvent,
  type PackHttpResponse,
  type RemoteCallPolicy,
} from '@capstan/sdk';
import type { Binding } from '../workspace/connections.ts';

/** Makes the `http` service of one tool over one connection. */
export type PackHttpFactory = (binding: Binding, policy: RemoteCallPolicy) => PackHttp;

const DEFAULT_TIMEOUT_MS = 30_000;

/** HTTP for pack code: only to the pack's hosts; the connection's credentials go to its own origin and nowhere else. */
export function packHttpOver(client: HttpClient, authenticator: Authenticator): PackHttpFactory {
  return (binding, policy) => ({
    async request(url, options = {}) {
      const parsed = parseUrl(url);
      const target = client.target(parsed.origin, policy.egress);
      const exchange: HttpExchange = {
        target,
        method: options.method ?? 'GET',
        path: `${parsed.pathname}${parsed.search}`,
        headers: lowerCase(options.headers ?? {}),
        ...(options.body === undefined ? {} : { body: options.body }),
        timeoutMs: policy.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        ...(options.context === undefined ? {} : { signal: options.context.signal }),
      };
      const sender = isOwnOrigin(binding, parsed)
        ? authenticator.client(binding.connection, { egress: policy.egress })
        : client;
      const { onEvent } = options;
      const sent =
        onEvent === undefined ? sender.exchange(exchange) : heardExchange(sender, exchange, listening(onEvent));
      const answer = await sent.catch((failure: unknown) => {
        throw asCapstanError(failure, parsed.origin);
      });
      return responseOf(answer.status, answer.headers, answer.body);
    },
  });
}

function listening(onEvent: (event: PackHttpEvent) => void): EventListening {
  return {
    hear(event) {
      onEvent(event);
      return undefined;
    },
    awaitsBody: false,
  };
}

function parseUrl(url: string): URL {
  const parsed = URL.parse(url);
  if (parsed) return parsed;
  throw new CapstanError('CAPSTAN_INVALID_REQUEST', `not an absolute URL: ${JSON.stringify(url.slice(0, 200))}`);
}

function isOwnOrigin({ connection }: Binding, url: URL): boolean {
  const own = connection.remoteClusterUrl === undefined ? null : URL.parse(connection.remoteClusterUrl);
  return own?.origin === url.origin;
}

function lowerCase(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
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

function asCapstanError(failure: unknown, origin: string): unknown {
  if (!(failure instanceof HttpFailure)) return failure;
  const details = { origin, reason: failure.kind };
  switch (failure.kind) {
    case 'timeout':
      return new CapstanError('CAPSTAN_REMOTE_TIMEOUT', `${origin} did not answer in time`, {
        cause: failure,
        details,
      });
    case 'cancelled':
      return new CapstanError('CAPSTAN_CANCELLED', 'the call was cancelled', { cause: failure });
    case 'egress_denied':
      return new CapstanError('CAPSTAN_EGRESS_DENIED', `${origin} may not be reached`, {
        cause: failure,
        details,
        ...egressHintOf(failure),
      });
    case 'too_large':
      return new CapstanError('CAPSTAN_REMOTE_TOO_LARGE', `the answer of ${origin} is too large`, {
        cause: failure,
        details,
      });
    default:
      return new CapstanError('CAPSTAN_REMOTE_UNREACHABLE', `${origin} could not be reached (${failure.kind})`, {
        cause: failure,
        details,
      });
  }
}
