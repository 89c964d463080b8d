import type { JsonValue } from './json.ts';
import type { Secret } from './secret.ts';
import type { AuthType, ConnectionStatus, ConnectionType } from './vocabulary.ts';

/** A resolved value: plain JSON, with {@link Secret}s at any depth where the schema calls something secret. */
export type ResolvedValue = JsonValue | Secret | readonly ResolvedValue[] | ResolvedConfig;

/** A resolved config. Keys are the pack's own. */
export interface ResolvedConfig {
  readonly [key: string]: ResolvedValue | undefined;
}

/** How a connection authenticates. Credentials are {@link Secret}s. */
export interface ConnectionAuth {
  readonly type: AuthType;
  readonly [key: string]: ResolvedValue | undefined;
}

/**
 * An account at a remote service, as pack code and the adapter see it: config is resolved
 * (system, then connection, then environment, then default), secrets are opaque.
 */
export interface ToolConnection {
  /** `con_…`, or `system.{pack}.{tool_type}` for one that the host derived. */
  readonly id: string;
  readonly workspaceId: string;
  /** The pack code. */
  readonly pack: string;
  readonly toolType: string;
  readonly connectionType: ConnectionType;
  readonly name: string;
  /** The base URL of the remote service, after resolution. Absolute, http or https. */
  readonly remoteClusterUrl?: string;
  /** The id of the account at the remote service (for LINE: the channel id). */
  readonly remoteConnectionId?: string;
  readonly config: ResolvedConfig;
  readonly auth: ConnectionAuth;
  /** `workspace`, or `principal:{id}` for a user's own account. */
  readonly owner: string;
  readonly status: ConnectionStatus;
}
