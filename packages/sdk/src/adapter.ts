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

/**
 * The one shared way to a remote service: `POST {base_url}/v1/tools/{tool_type}.{action}`.
 *
 * Resolves with the envelope's `result`.
 * @throws CapstanError `CAPSTAN_REMOTE_*`, `CAPSTAN_CIRCUIT_OPEN`, `CAPSTAN_EGRESS_DENIED`, `CAPSTAN_NEEDS_CONFIG`,
 * `CAPSTAN_CANCELLED` or `CAPSTAN_DEADLINE_EXCEEDED`; a remote service's own code is `details.remote_code`.
 */
export interface RemoteToolAdapter {
  call(call: RemoteCall): Promise<JsonValue>;
}
