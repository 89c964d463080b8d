import type { Page, PageRequest } from '../page.ts';
import type { AuditEntry } from './audit-entry.ts';

/** Audit records. They are appended and forgotten, never changed. */
export interface AuditStore {
  /**
   * Appends records, all or none. Those that are there already (replica and sequence) stay as they are, so that a batch
   * whose answer was lost can be sent again.
   */
  append(entries: readonly AuditEntry[]): Promise<void>;
  /** Newest first. */
  query(filter: AuditFilter, page?: PageRequest): Promise<Page<AuditEntry>>;
  /** A replica's chain in its order, from `fromSequence` on, at most `limit`. */
  chain(replica: string, fromSequence: number, limit: number): Promise<readonly AuditEntry[]>;
  /** Every replica that has records, with the ends of its chain. */
  chains(): Promise<readonly AuditChain[]>;
  /** Forgets what happened before `at`. @returns how many. */
  removeBefore(at: number): Promise<number>;
}

/** The chain of one replica, as far as it is there. */
export interface AuditChain {
  readonly replica: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Of the last record. */
  readonly lastHash: string;
}

/** Which records are asked for; what is absent does not matter. */
export interface AuditFilter {
  readonly kind?: AuditEntry['kind'];
  readonly workspace?: string;
  readonly principal?: string;
  readonly subject?: string;
  readonly status?: string;
  readonly code?: string;
  readonly executionId?: string;
  /** Ms since 1970, inclusive. */
  readonly from?: number;
  /** Ms since 1970, exclusive. */
  readonly to?: number;
}

/** The properties of a filter that have to be equal. */
export const AUDIT_EQUALITIES = ['kind', 'workspace', 'principal', 'subject', 'status', 'code', 'executionId'] as const;
