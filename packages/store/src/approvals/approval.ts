import type { JsonValue } from '@capstan/sdk';

/** What an approval is bound to: the identical call of the same principal, and no other. */
export interface ApprovalBinding {
  readonly workspace: string;
  /** Principal id. */
  readonly principal: string;
  readonly toolId: string;
  /** Of the canonical arguments. */
  readonly argumentsDigest: string;
}

/** A call that waits, or waited, for an operator. */
export interface StoredApproval extends ApprovalBinding {
  /** `apr_…` */
  readonly id: string;
  /** For the operator's eyes, secrets redacted. */
  readonly arguments: JsonValue;
  /** Why an approval is needed, such as `danger_level: high` or the id of a policy. */
  readonly reason: string;
  readonly requestedAt: number;
  /** From then on it can be neither decided nor used. */
  readonly expiresAt: number;
  readonly state: ApprovalState;
}

export type ApprovalState =
  | { readonly kind: 'pending' }
  | ({ readonly kind: 'approved' } & ApprovalDecision)
  | ({ readonly kind: 'rejected' } & ApprovalDecision)
  /** Used by the one call that it allowed. */
  | ({ readonly kind: 'consumed'; readonly consumedAt: number; readonly executionId: string } & ApprovalDecision);

/** Who decided. */
export interface ApprovalDecision {
  readonly decidedAt: number;
  /** Principal id. */
  readonly decidedBy: string;
  readonly comment?: string;
}

export const APPROVAL_STATES = ['pending', 'approved', 'rejected', 'consumed'] as const;
export type ApprovalStateKind = (typeof APPROVAL_STATES)[number];

/** The state after a decision. */
export function decidedState(verdict: 'approved' | 'rejected', decision: ApprovalDecision): ApprovalState {
  return { kind: verdict, ...decision };
}
