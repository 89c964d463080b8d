import {
  type ApprovalBinding,
  type ApprovalDecision,
  decidedState,
  type StoredApproval,
} from '../approvals/approval.ts';
import type { ApprovalFilter, ApprovalStore, ApprovalUse, DecideResult } from '../approvals/approval-store.ts';
import { type Page, type PageRequest, pageOf, pageSize } from '../page.ts';

/** Approvals in memory: no method waits between looking and writing, so each is one step. */
export class MemoryApprovals implements ApprovalStore {
  readonly #approvals = new Map<string, StoredApproval>();
  readonly #onWrite: (id: string) => void;

  constructor(onWrite: (id: string) => void) {
    this.#onWrite = onWrite;
  }

  async request(approval: StoredApproval): Promise<StoredApproval> {
    const living = this.#find(
      (other) =>
        isBoundAlike(other, approval) &&
        other.expiresAt > approval.requestedAt &&
        (other.state.kind === 'pending' || other.state.kind === 'approved'),
    );
    return living ?? this.#write(structuredClone(approval));
  }

  async get(id: string): Promise<StoredApproval | undefined> {
    return this.#approvals.get(id);
  }

  async list(filter: ApprovalFilter, page: PageRequest = {}): Promise<Page<StoredApproval>> {
    const { cursor } = page;
    const found = [...this.#approvals.values()]
      .filter((approval) => fits(approval, filter) && (cursor === undefined || approval.id < cursor))
      .sort((one, other) => (one.id < other.id ? 1 : -1));
    return pageOf(found, pageSize(page), ({ id }) => id);
  }

  async decide(id: string, verdict: 'approved' | 'rejected', decision: ApprovalDecision): Promise<DecideResult> {
    const approval = this.#approvals.get(id);
    if (approval === undefined) return { kind: 'unknown' };
    if (approval.state.kind !== 'pending') return { kind: 'already_decided', approval };
    if (approval.expiresAt <= decision.decidedAt) return { kind: 'expired', approval };
    return { kind: 'decided', approval: this.#write({ ...approval, state: decidedState(verdict, decision) }) };
  }

  async consume(binding: ApprovalBinding, { at, executionId }: ApprovalUse): Promise<StoredApproval | undefined> {
    for (const approval of this.#approvals.values()) {
      const { state } = approval;
      if (state.kind !== 'approved' || approval.expiresAt <= at || !isBoundAlike(approval, binding)) continue;
      return this.#write({ ...approval, state: { ...state, kind: 'consumed', consumedAt: at, executionId } });
    }
    return undefined;
  }

  async removeExpired(at: number): Promise<number> {
    return this.#removeWhere(({ expiresAt }) => expiresAt < at);
  }

  removeWorkspace(slug: string): void {
    this.#removeWhere(({ workspace }) => workspace === slug);
  }

  #find(isWanted: (approval: StoredApproval) => boolean): StoredApproval | undefined {
    return this.#approvals.values().find(isWanted);
  }

  #write(approval: StoredApproval): StoredApproval {
    this.#approvals.set(approval.id, Object.freeze(approval));
    this.#onWrite(approval.id);
    return approval;
  }

  #removeWhere(isWanted: (approval: StoredApproval) => boolean): number {
    const found = [...this.#approvals.values()].filter(isWanted);
    for (const { id } of found) this.#approvals.delete(id);
    return found.length;
  }
}

function isBoundAlike(one: ApprovalBinding, other: ApprovalBinding): boolean {
  return (
    one.workspace === other.workspace &&
    one.principal === other.principal &&
    one.toolId === other.toolId &&
    one.argumentsDigest === other.argumentsDigest
  );
}

function fits(approval: StoredApproval, { workspace, principal, state, notExpiredAt }: ApprovalFilter): boolean {
  return (
    (workspace === undefined || approval.workspace === workspace) &&
    (principal === undefined || approval.principal === principal) &&
    (state === undefined || approval.state.kind === state) &&
    (notExpiredAt === undefined || approval.expiresAt > notExpiredAt)
  );
}
