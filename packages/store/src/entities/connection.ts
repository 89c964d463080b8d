import type { ConnectionStatus, ConnectionType, JsonObject } from '@capstan/sdk';

/** An account at a remote service, as an operator wrote it: references are not resolved, secrets are split off. */
export interface StoredConnection {
  /** `con_…`, or the id that its writer chose. Unique in its workspace. */
  readonly id: string;
  readonly workspace: string;
  /** Pack code. */
  readonly pack: string;
  readonly toolType: string;
  readonly connectionType: ConnectionType;
  readonly name: string;
  readonly remoteClusterUrl?: string;
  /** Several endpoints, in the words of capstan.yaml. */
  readonly cluster: JsonObject;
  readonly remoteConnectionId?: string;
  readonly config: JsonObject;
  /** `{ type, … }` in the words of capstan.yaml. */
  readonly auth: JsonObject;
  /**
   * JSON pointers (RFC 6901) into `{ config, auth }` where a secret belongs, such as `/auth/token`. The vault has the
   * value under {@link connectionSecretName}; the document holds nothing there, so that no text can pass for a secret.
   */
  readonly secrets: readonly string[];
  /** `workspace`, or `principal:{id}` for a user's own account. */
  readonly owner: string;
  readonly status: ConnectionStatus;
  readonly lastValidatedAt?: number;
  readonly validationError?: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly updatedAt: number;
  readonly updatedBy: string;
}

/** The name in the vault of a connection's secret. */
export function connectionSecretName(connectionId: string, pointer: string): string {
  return `connection/${connectionId}${pointer}`;
}
