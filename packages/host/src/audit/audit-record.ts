import type { CallOrigin, InvocationOutcome, JsonObject, JsonValue, Principal } from '@capstan/sdk';
import type { Surface } from '../surface.ts';

/** Who did something, when, and from where. What does not apply is undefined. */
interface WhoAndWhere {
  /** ISO 8601. */
  readonly at: string;
  readonly surface: Surface;
  readonly workspace: string | undefined;
  readonly principal: string;
  readonly roles: readonly string[];
  readonly address: string | undefined;
  /** The id of the key. */
  readonly key: string | undefined;
}

/** What the policy said. */
export interface RecordedDecision {
  readonly allow: boolean;
  /** Ids of the policies that decided. */
  readonly policies: readonly string[];
}

/** How a call met the cache of its tool. `shared`: it waited for an identical call that was under way. */
export type CacheUse = 'hit' | 'stale' | 'shared' | 'miss';

/** One call, whatever became of it. Secrets are redacted before it is made. What does not apply is undefined. */
export interface CallRecord extends WhoAndWhere {
  readonly kind: 'call';
  readonly execution_id: string;
  /** The tool id, or the name that was asked for where there is no such tool. */
  readonly tool: string;
  readonly connection: string | undefined;
  readonly decision: RecordedDecision | undefined;
  readonly arguments: JsonValue | undefined;
  /** Set where the arguments were too long to be kept; {@link argumentsDigest} gives the digest of every record. */
  readonly arguments_digest?: string;
  readonly status: InvocationOutcome['status'];
  readonly code: string | undefined;
  readonly duration_ms: number;
  readonly cache: CacheUse | undefined;
  /** How often a remote service was asked, where that is known. */
  readonly attempts: number | undefined;
  /** W3C Trace Context. */
  readonly trace_id: string | undefined;
  /** What answered in place of the tool, and the code of its failure. */
  readonly fallback?: JsonValue;
}

/** One administrative act: somebody changed something, or tried to. */
export interface ActRecord extends WhoAndWhere {
  readonly kind: 'act';
  /** A noun and a verb: `pack.enable`, `key.revoke`. */
  readonly act: string;
  /** What was acted on: a pack code, the id of a key. */
  readonly target: string;
  readonly details: JsonValue | undefined;
  readonly status: 'succeeded' | 'failed' | 'denied';
  readonly code: string | undefined;
}

/** One audit record. */
export type AuditRecord = CallRecord | ActRecord;

/** An administrative act, for `host.audit`. */
export interface AdministrativeAct {
  readonly act: string;
  readonly target: string;
  readonly principal: Principal;
  readonly surface: Surface;
  readonly origin?: CallOrigin;
  readonly workspace?: string;
  /** Says what changed; never a secret. */
  readonly details?: JsonObject;
  /** Default `succeeded`. */
  readonly status?: ActRecord['status'];
  /** The error code, where it did not succeed. */
  readonly code?: string;
}

/** A record in a chain. */
export type ChainedRecord = AuditRecord & {
  /** The chain: a replica, or a command that ran beside it. */
  readonly replica: string;
  /** From 1, without gaps. */
  readonly sequence: number;
  /** SHA-256 of the line of the record before, in hex; zeros in the first. */
  readonly previous: string;
};

/** Takes audit records. */
export interface AuditSink {
  /**
   * Never throws and never rejects. Resolves when the record is where a kill of the process cannot reach it, or when
   * that failed and was logged; undefined where there is nothing to wait for.
   */
  append(record: AuditRecord): Promise<void> | undefined;
  /** False while more records wait than may be held: then calls are refused. Absent means it takes everything. */
  accepts?(): boolean;
  /** Resolves when everything appended so far is written. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
