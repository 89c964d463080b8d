import type { Page, PageRequest } from '../page.ts';
import type { ApprovalBinding, ApprovalDecision, ApprovalStateKind, StoredApproval } from './approval.ts';

/**
 * Approvals, each step in one atomic statement: whatever replicas do at once, one approval lets one call through.
 */
export interface ApprovalStore {
  /**
   * Asks for an approval, unless one of the same binding waits or is approved and lives: then that one is given back.
   * @param approval In state `pending`.
   */
  request(approval: StoredApproval): Promise<StoredApproval>;
  get(id: string): Promise<StoredApproval | undefined>;
  /** Newest first. */
  list(filter: ApprovalFilter, page?: PageRequest): Promise<Page<StoredApproval>>;
  /** Decides one that waits and has not expired at `decision.decidedAt`. */
  decide(id: string, verdict: 'approved' | 'rejected', decision: ApprovalDecision): Promise<DecideResult>;
  /**
   * Uses an approved one that has not expired at `at`, once.
   * @returns the approval in state `consumed`; undefined where there is none to use.
   */
  consume(binding: ApprovalBinding, use: ApprovalUse): Promise<StoredApproval | undefined>;
  /** Forgets those that expired before `at`. @returns how many. */
  removeExpired(at: number): Promise<number>;
}

/** Which approvals are listed; what is absent does not matter. */
export interface ApprovalFilter {
  readonly workspace?: string;
  readonly principal?: string;
  readonly state?: ApprovalStateKind;
  /** Only those that live then. */
  readonly notExpiredAt?: number;
}

/** The call that uses an approval. */
export interface ApprovalUse {
  readonly at: number;
  readonly executionId: string;
}

export type DecideResult =
  | { readonly kind: 'decided'; readonly approval: StoredApproval }
  | { readonly kind: 'unknown' }
  /** Somebody decided before, or it was used. */
  | { readonly kind: 'already_decided'; readonly approval: StoredApproval }
  | { readonly kind: 'expired'; readonly approval: StoredApproval };
