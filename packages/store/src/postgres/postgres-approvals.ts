import { type ExpressionBuilder, type Kysely, type Selectable, sql } from 'kysely';
import {
  type ApprovalBinding,
  type ApprovalDecision,
  type ApprovalState,
  decidedState,
  type StoredApproval,
} from '../approvals/approval.ts';
import type { ApprovalFilter, ApprovalStore, ApprovalUse, DecideResult } from '../approvals/approval-store.ts';
import { type Page, type PageRequest, pageOf, pageSize } from '../page.ts';
import type { ApprovalTable, Connection, Database } from './database.ts';
import { attempt } from './database-errors.ts';
import { notify } from './notify.ts';

const TABLE = 'capstan.approvals';

/**
 * Approvals in Postgres.
 *
 * 1. Deciding and using are one statement each; who comes second finds the state that the first one left.
 * 2. Asking takes a lock on the binding, so that of equal requests one is written.
 */
export class PostgresApprovals implements ApprovalStore {
  readonly #database: Kysely<Database>;

  constructor(database: Kysely<Database>) {
    this.#database = database;
  }

  request(approval: StoredApproval): Promise<StoredApproval> {
    return attempt(() =>
      this.#database.transaction().execute(async (transaction) => {
        await lockBinding(transaction, approval);
        const living = await this.#living(transaction, approval);
        if (living !== undefined) return living;
        await transaction.insertInto(TABLE).values(pendingRow(approval)).execute();
        await notify(transaction, { kind: 'approval', id: approval.id });
        return approval;
      }),
    );
  }

  async get(id: string): Promise<StoredApproval | undefined> {
    const query = this.#database.selectFrom(TABLE).selectAll().where('id', '=', id);
    const row = await attempt(() => query.executeTakeFirst());
    return row && approvalOf(row);
  }

  async list(filter: ApprovalFilter, page: PageRequest = {}): Promise<Page<StoredApproval>> {
    const size = pageSize(page);
    const query = this.#database
      .selectFrom(TABLE)
      .selectAll()
      .where((row) => row.and(conditionsOf(row, filter, page.cursor)))
      .orderBy(sql`id collate "C"`, 'desc')
      .limit(size + 1);
    const rows = await attempt(() => query.execute());
    return pageOf(rows.map(approvalOf), size, ({ id }) => id);
  }

  async decide(id: string, verdict: 'approved' | 'rejected', decision: ApprovalDecision): Promise<DecideResult> {
    const { decidedAt, decidedBy, comment = null } = decision;
    const row = await this.#writing((connection) =>
      connection
        .updateTable(TABLE)
        .set({ state: verdict, decided_at: new Date(decidedAt), decided_by: decidedBy, comment })
        .where('id', '=', id)
        .where('state', '=', 'pending')
        .where('expires_at', '>', new Date(decidedAt))
        .returningAll()
        .executeTakeFirst(),
    );
    if (row !== undefined) return { kind: 'decided', approval: approvalOf(row) };
    const approval = await this.get(id);
    if (approval === undefined) return { kind: 'unknown' };
    return approval.state.kind === 'pending' ? { kind: 'expired', approval } : { kind: 'already_decided', approval };
  }

  async consume(binding: ApprovalBinding, { at, executionId }: ApprovalUse): Promise<StoredApproval | undefined> {
    const row = await this.#writing((connection) =>
      connection
        .updateTable(TABLE)
        .set({ state: 'consumed', consumed_at: new Date(at), execution_id: executionId })
        .where('id', '=', (inner) =>
          inner
            .selectFrom(TABLE)
            .select('id')
            .where((row) => row.and(boundTo(row, binding)))
            .where('state', '=', 'approved')
            .where('expires_at', '>', new Date(at))
            .orderBy('id')
            .limit(1)
            .forUpdate()
            .skipLocked(),
        )
        .where('state', '=', 'approved')
        .returningAll()
        .executeTakeFirst(),
    );
    return row && approvalOf(row);
  }

  async removeExpired(at: number): Promise<number> {
    const query = this.#database.deleteFrom(TABLE).where('expires_at', '<', new Date(at));
    const { numDeletedRows } = await attempt(() => query.executeTakeFirst());
    return Number(numDeletedRows);
  }

  async #living(connection: Connection, approval: StoredApproval): Promise<StoredApproval | undefined> {
    const row = await connection
      .selectFrom(TABLE)
      .selectAll()
      .where((each) => each.and(boundTo(each, approval)))
      .where('state', 'in', ['pending', 'approved'])
      .where('expires_at', '>', new Date(approval.requestedAt))
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
    return row && approvalOf(row);
  }

  #writing(
    write: (connection: Connection) => Promise<Selectable<ApprovalTable> | undefined>,
  ): Promise<Selectable<ApprovalTable> | undefined> {
    return attempt(() =>
      this.#database.transaction().execute(async (transaction) => {
        const row = await write(transaction);
        if (row !== undefined) await notify(transaction, { kind: 'approval', id: row.id });
        return row;
      }),
    );
  }
}

async function lockBinding(connection: Connection, binding: ApprovalBinding): Promise<void> {
  const { workspace, principal, toolId, argumentsDigest } = binding;
  const name = JSON.stringify(['approval', workspace, principal, toolId, argumentsDigest]);
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(connection);
}

type Row = ExpressionBuilder<Database, typeof TABLE>;

function boundTo(row: Row, { workspace, principal, toolId, argumentsDigest }: ApprovalBinding) {
  return [
    row('workspace', '=', workspace),
    row('principal', '=', principal),
    row('tool_id', '=', toolId),
    row('arguments_digest', '=', argumentsDigest),
  ];
}

function conditionsOf(row: Row, filter: ApprovalFilter, cursor: string | undefined) {
  const { workspace, principal, state, notExpiredAt } = filter;
  return [
    ...(workspace === undefined ? [] : [row('workspace', '=', workspace)]),
    ...(principal === undefined ? [] : [row('principal', '=', principal)]),
    ...(state === undefined ? [] : [row('state', '=', state)]),
    ...(notExpiredAt === undefined ? [] : [row('expires_at', '>', new Date(notExpiredAt))]),
    ...(cursor === undefined ? [] : [sql<boolean>`id collate "C" < ${cursor}`]),
  ];
}

function pendingRow(approval: StoredApproval) {
  return {
    id: approval.id,
    workspace: approval.workspace,
    principal: approval.principal,
    tool_id: approval.toolId,
    arguments_digest: approval.argumentsDigest,
    arguments: JSON.stringify(approval.arguments),
    reason: approval.reason,
    requested_at: new Date(approval.requestedAt),
    expires_at: new Date(approval.expiresAt),
    state: 'pending' as const,
  };
}

function approvalOf(row: Selectable<ApprovalTable>): StoredApproval {
  return {
    id: row.id,
    workspace: row.workspace,
    principal: row.principal,
    toolId: row.tool_id,
    argumentsDigest: row.arguments_digest,
    arguments: row.arguments,
    reason: row.reason,
    requestedAt: row.requested_at.getTime(),
    expiresAt: row.expires_at.getTime(),
    state: stateOf(row),
  };
}

function stateOf(row: Selectable<ApprovalTable>): ApprovalState {
  if (row.state === 'pending') return { kind: 'pending' };
  const decision: ApprovalDecision = {
    decidedAt: row.decided_at?.getTime() ?? 0,
    decidedBy: row.decided_by ?? '',
    ...(row.comment === null ? {} : { comment: row.comment }),
  };
  if (row.state !== 'consumed') return decidedState(row.state, decision);
  return {
    ...decision,
    kind: 'consumed',
    consumedAt: row.consumed_at?.getTime() ?? 0,
    executionId: row.execution_id ?? '',
  };
}
