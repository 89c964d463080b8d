import { CapstanError, type Clock } from '@capstan/sdk';
import type { ApprovalFilter, ApprovalStore, Page, PageRequest, StoredApproval } from '@capstan/store';
import type { Actor } from '../administration/actor.ts';
import type { AdministrativeAct } from '../audit/audit-record.ts';

/** A decision about one approval. */
export interface DecideApproval {
  readonly id: string;
  readonly workspace: string;
  readonly verdict: 'approved' | 'rejected';
  readonly comment?: string;
}

/** Where operators see and decide what waits for them. */
export interface ApprovalDesk {
  /** Newest first. */
  list(filter: ApprovalFilter, page?: PageRequest): Promise<Page<StoredApproval>>;
  /** @throws CapstanError CAPSTAN_NOT_FOUND, also for one of another workspace */
  get(id: string, workspace: string): Promise<StoredApproval>;
  /**
   * @throws CapstanError CAPSTAN_FORBIDDEN for whoever is no operator, CAPSTAN_NOT_FOUND, or CAPSTAN_CONFLICT for one that
   * was decided already or has expired
   */
  decide(decision: DecideApproval, actor: Actor): Promise<StoredApproval>;
}

/** What {@link approvalDesk} works with. */
export interface ApprovalDeskOptions {
  readonly store: ApprovalStore;
  readonly clock: Clock;
  readonly audit: (act: AdministrativeAct) => Promise<void>;
  readonly onDecided: (approval: StoredApproval) => void;
}

const DECIDING: ReadonlySet<string> = new Set(['operator', 'admin', 'application']);

/** The desk over a store. Each decision, and each attempt of somebody who may not, is an act in the audit. */
export function approvalDesk({ store, clock, audit, onDecided }: ApprovalDeskOptions): ApprovalDesk {
  const get = async (id: string, workspace: string): Promise<StoredApproval> => {
    const approval = await store.get(id);
    if (approval !== undefined && approval.workspace === workspace) return approval;
    throw new CapstanError('CAPSTAN_NOT_FOUND', `no approval ${JSON.stringify(id.slice(0, 64))} in ${workspace}`);
  };
  return {
    list: (filter, page) => store.list(filter, page),
    get,
    decide: async ({ id, workspace, verdict, comment }, { principal, surface, origin }) => {
      const act: AdministrativeAct = {
        act: verdict === 'approved' ? 'approval.approve' : 'approval.deny',
        target: id,
        workspace,
        principal,
        surface,
        ...(origin === undefined ? {} : { origin }),
      };
      try {
        requireOperator(principal.roles);
        await get(id, workspace);
        const decision = {
          decidedAt: clock.now(),
          decidedBy: principal.id,
          ...(comment === undefined ? {} : { comment }),
        };
        const result = await store.decide(id, verdict, decision);
        if (result.kind !== 'decided') throw undecidable(id, result.kind);
        const { toolId, principal: caller } = result.approval;
        await audit({ ...act, details: { tool: toolId, principal: caller } });
        onDecided(result.approval);
        return result.approval;
      } catch (error) {
        await audit({ ...act, status: 'failed', ...(error instanceof CapstanError ? { code: error.code } : {}) });
        throw error;
      }
    },
  };
}

function requireOperator(roles: readonly string[]): void {
  if (roles.some((role) => DECIDING.has(role))) return;
  throw new CapstanError('CAPSTAN_FORBIDDEN', 'only an operator decides about approvals', {
    hint: 'Ask an operator of the workspace.',
  });
}

function undecidable(id: string, kind: 'unknown' | 'already_decided' | 'expired'): CapstanError {
  if (kind === 'unknown') return new CapstanError('CAPSTAN_NOT_FOUND', `no approval ${id}`);
  const what = kind === 'expired' ? 'has expired' : 'was decided already';
  return new CapstanError('CAPSTAN_CONFLICT', `the approval ${id} ${what}`, {
    hint: 'The agent has to make the call again, which asks for another one.',
  });
}
