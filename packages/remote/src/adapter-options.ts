import type { Authenticator, CircuitEvent, CircuitView, Endpoints, HttpClient, SrvRecord } from '@capstan/http';
import type { Clock, JsonValue, Logger, RemoteToolAdapter, ToolConnection } from '@capstan/sdk';
import type { RemoteDefaults } from './call-policy.ts';
import type { TracedRemoteCall } from './contract-request.ts';

/** Times of balancing, in ms. */
export interface BalancingOptions {
  /** How long an endpoint that came back gets less than its share. Default 30,000. */
  readonly slowStartMs?: number;
  /** How old the answer of a registry may become before it is asked again. Default 30,000. */
  readonly refreshMs?: number;
  /** Between two looks at an endpoint that is ejected. Default 5,000. */
  readonly probeIntervalMs?: number;
}

/** What an adapter is made of. */
export interface RemoteToolAdapterOptions {
  readonly http: HttpClient;
  /** Shared with whatever else calls over connections. Default: one that keeps tokens in memory. */
  readonly authenticator?: Authenticator;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly defaults?: Partial<RemoteDefaults>;
  /** What is known about endpoints; shared with others who call them. Default: its own. */
  readonly endpoints?: Endpoints;
  /** Resolves SRV records, for connections that are discovered by them. Default: the system's resolver. */
  readonly resolveSrv?: (name: string) => Promise<readonly SrvRecord[]>;
  /** How services with several endpoints are looked after, where the defaults do not fit. */
  readonly balancing?: BalancingOptions;
  /** Told of what no single call is about: a registry that fails. */
  readonly logger?: Logger;
  /** Told whenever a breaker opens, half opens or closes; not with `endpoints`, whose owner is. */
  readonly onCircuit?: (event: CircuitEvent) => void;
  /** Pauses between attempts; rejects when the signal is aborted. Default: Node's timer. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The adapter, with what a host needs to show and to stop. */
export interface HostRemoteToolAdapter extends RemoteToolAdapter {
  call(call: TracedRemoteCall): Promise<JsonValue>;
  /** Whether the service behind a connection takes batches of a tool. Asks it once in a while. */
  takesBatches(call: Omit<TracedRemoteCall, 'params'>): Promise<boolean>;
  /** The breaker of every endpoint that was called. */
  circuits(): readonly CircuitView[];
  /** No call begins over this connection any more: what only it needed is let go. Calls under way end as they would. */
  release(connection: ToolConnection): void;
  /** Takes no more calls and begins no more attempts. An attempt under way ends by itself, or when http is closed. */
  close(): Promise<void>;
}
