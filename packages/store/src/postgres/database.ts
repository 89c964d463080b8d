import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { ColumnType, Kysely, Transaction } from 'kysely';

/** JSON as text goes in, and comes out read. `json`, not `jsonb`: what was hashed must come back in the same order. */
type Json<Value> = ColumnType<Value, string, string>;

/** The tables that are asked in SQL; collections are a key and a document, see {@link PostgresCollection}. */
export interface Database {
  readonly 'capstan.state': { readonly revision: string };
  readonly 'capstan.approvals': ApprovalTable;
  readonly 'capstan.audit': AuditTable;
}

export interface ApprovalTable {
  readonly id: string;
  readonly workspace: string;
  readonly principal: string;
  readonly tool_id: string;
  readonly arguments_digest: string;
  readonly arguments: Json<JsonValue>;
  readonly reason: string;
  readonly requested_at: Date;
  readonly expires_at: Date;
  readonly state: 'pending' | 'approved' | 'rejected' | 'consumed';
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
  readonly comment: string | null;
  readonly consumed_at: Date | null;
  readonly execution_id: string | null;
}

export interface AuditTable {
  readonly replica: string;
  /** `bigint` comes as text. */
  readonly sequence: ColumnType<string, number, never>;
  readonly at: Date;
  readonly kind: 'invocation' | 'administration';
  readonly workspace: string | null;
  readonly principal: string | null;
  readonly subject: string;
  readonly status: string;
  readonly code: string | null;
  readonly execution_id: string | null;
  readonly previous_hash: string;
  readonly hash: string;
  readonly record: Json<JsonObject>;
}

/** The pool, or one transaction of it. */
export type Connection = Kysely<Database> | Transaction<Database>;
