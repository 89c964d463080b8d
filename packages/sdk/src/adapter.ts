import type { CapstanError } from './capstan-error.ts';
import type { ToolConnection } from './connection.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { ToolContext } from './tool.ts';

/** When and how often a failed attempt is made again. */
export interface RetryPolicy {
  /** Attempts after the first one. */
  readonly maxRetries: number;
  /** The longest first pause, in ms; pauses double, with full jitter. */
  readonly baseMs: number;
  /** The longest pause, in ms. */
  readonly maxMs: number;
}

/** When an endpoint is left alone. */
export interface BreakerPolicy {
  /** Failures in a row that open the breaker. */
  readonly failureThreshold: number;
  /** How long it stays open before one call may probe, in ms. */
  readonly recoveryTimeoutMs: number;
  /** Successes in a row that close it again. */
  readonly successThreshold: number;
}

/** How one remote call is made. What is absent comes from the pack, then the host. */
export interface RemoteCallPolicy {
  /** Per attempt, in ms. */
  readonly timeoutMs?: number;
  readonly retry?: RetryPolicy;
  readonly breaker?: BreakerPolicy;
  /** Whether a repetition is harmless: the tool is read-only or idempotent. */
  readonly repeatable?: boolean;
  /** Hosts that this call may reach; absent means the host of the connection's URL. */
  readonly egress?: readonly string[];
}

/** One call of the remote tool contract. */
export interface RemoteCall {
  readonly connection: ToolConnection;
  /** The part before the dot: `line`. */
  readonly toolType: string;
  /** The part after it: `send_message`. */
  readonly action: string;
  /** Sent flat in the body, beside `context`. A parameter named `context` is an error. */
  readonly params: JsonObject;
  readonly context: ToolContext;
  readonly policy?: RemoteCallPolicy;
}

/** Many calls of one tool at once. */
export interface RemoteBatchCall extends Omit<RemoteCall, 'params'> {
  /** The parameters of each call. */
  readonly items: readonly JsonObject[];
}

/** What became of one item of a batch. */
export type RemoteBatchItem =
  | { readonly ok: true; readonly result: JsonValue }
  | { readonly ok: false; readonly error: CapstanError };

/**
 * The one shared way to a remote service: `POST {base_url}/v1/tools/{tool_type}.{action}`.
 *
 * Resolves with the envelope's `result`.
 * @throws CapstanError `CAPSTAN_REMOTE_*`, `CAPSTAN_CIRCUIT_OPEN`, `CAPSTAN_EGRESS_DENIED`, `CAPSTAN_NEEDS_CONFIG`,
 * `CAPSTAN_CANCELLED` or `CAPSTAN_DEADLINE_EXCEEDED`; a remote service's own code is `details.remote_code`.
 */
export interface RemoteToolAdapter {
  call(call: RemoteCall): Promise<JsonValue>;
  /**
   * Makes many calls of one tool: as one request where the service takes batches, else one by one, a few at a time.
   * Resolves with an outcome for each item, in their order; one that fails does not stop the others.
   * @throws CapstanError where the batch as a whole could not be made.
   */
  callBatch(call: RemoteBatchCall): Promise<readonly RemoteBatchItem[]>;
}
