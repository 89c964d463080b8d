import type { Authenticator, CircuitBreaker, HttpClient, RetryBudget } from '@capstan/http';
import type { Clock } from '@capstan/sdk';

/** What all declared HTTP tools of a host share. */
export interface HttpToolServices {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** The breaker of an endpoint (origin and base path): one per host, so that all tools agree about it. */
  readonly breakerOf: (endpoint: string) => CircuitBreaker;
  /** The retry budget of an endpoint. Default: none. */
  readonly retriesOf?: (endpoint: string) => RetryBudget;
  /** Attaches the credentials of connections; OAuth tokens are kept behind it. Default: one of each tool's own. */
  readonly authenticator?: Pick<Authenticator, 'exchange'>;
  /** Pauses between attempts; rejects when the signal is aborted. Default: Node's timer. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** What the host calls itself. Default `capstan`. */
  readonly userAgent?: string;
}

/** {@link HttpToolServices} with nothing left open. */
export type ResolvedServices = Required<Omit<HttpToolServices, 'retriesOf'>> & Pick<HttpToolServices, 'retriesOf'>;
