import type { CircuitEvent, CircuitView, HttpClient } from '@capstan/http';
import type { Clock, JsonValue, RemoteToolAdapter } from '@capstan/sdk';
import type { RemoteDefaults } from './call-policy.ts';
import type { TracedRemoteCall } from './contract-request.ts';

/** What an adapter is made of. */
export interface RemoteToolAdapterOptions {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly defaults?: Partial<RemoteDefaults>;
  /** Told whenever a breaker opens, half opens or closes. */
  readonly onCircuit?: (event: CircuitEvent) => void;
  /** Pauses between attempts; rejects when the signal is aborted. Default: Node's timer. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The adapter, with what a host needs to show and to stop. */
export interface HostRemoteToolAdapter extends RemoteToolAdapter {
  call(call: TracedRemoteCall): Promise<JsonValue>;
  /** The breaker of every endpoint that was called. */
  circuits(): readonly CircuitView[];
  /** Takes no more calls and begins no more attempts. An attempt under way ends by itself, or when http is closed. */
  close(): Promise<void>;
}
