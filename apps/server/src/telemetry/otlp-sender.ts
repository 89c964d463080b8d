import type { HttpClient } from '@capstan/http';
import { CapstanError } from '@capstan/sdk';
import type { OtlpSend } from '@capstan/telemetry/otlp';

const TIMEOUT_MS = 10_000;

/** What {@link otlpSender} takes. */
export interface OtlpSenderOptions {
  readonly http: HttpClient;
  /** Without `/v1/…`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends OTLP as JSON through the one way out: no redirects, no retries; what is not taken is gone. */
export function otlpSender({ http, endpoint, headers }: OtlpSenderOptions): OtlpSend {
  const target = http.target(endpoint.replace(/\/+$/, ''), undefined);
  return async (signal, body) => {
    const { status } = await http.exchange({
      target,
      method: 'POST',
      path: `/v1/${signal}`,
      headers: { ...headers, 'content-type': 'application/json' },
      body: Buffer.from(body),
      timeoutMs: TIMEOUT_MS,
    });
    if (status >= 200 && status < 300) return;
    throw new CapstanError(
      'CAPSTAN_REMOTE_INVALID_RESPONSE',
      `the collector answered ${signal} with the status ${status}`,
    );
  };
}
