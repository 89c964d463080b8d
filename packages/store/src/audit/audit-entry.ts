import type { JsonObject } from '@capstan/sdk';

/** One audit record, of an invocation or of an administrative act, with what is looked for beside it. */
export interface AuditEntry {
  /** Who wrote it; a chain belongs to one replica's run. */
  readonly replica: string;
  /** Its place in the chain of that replica, from 1 on. */
  readonly sequence: number;
  /** When it happened, ms since 1970. */
  readonly at: number;
  readonly kind: 'invocation' | 'administration';
  readonly workspace?: string;
  readonly principal?: string;
  /** Tool id, or the administrative act. */
  readonly subject: string;
  /** The outcome's status. */
  readonly status: string;
  /** Error code. */
  readonly code?: string;
  readonly executionId?: string;
  /** Of the record before it in the chain; empty for the first. */
  readonly previousHash: string;
  /** Of this record and the hash before it. */
  readonly hash: string;
  /** The record itself, secrets redacted, exactly as it was hashed. */
  readonly record: JsonObject;
}
