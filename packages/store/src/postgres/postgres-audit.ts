import { type ExpressionBuilder, type Kysely, type Selectable, sql } from 'kysely';
import { auditCursor, readAuditCursor } from '../audit/audit-cursor.ts';
import type { AuditEntry } from '../audit/audit-entry.ts';
import { AUDIT_EQUALITIES, type AuditChain, type AuditFilter, type AuditStore } from '../audit/audit-store.ts';
import { type Page, type PageRequest, pageOf, pageSize } from '../page.ts';
import { columnName } from './column-name.ts';
import type { AuditTable, Database } from './database.ts';
import { attempt } from './database-errors.ts';

const TABLE = 'capstan.audit';
/** Rows that one statement forgets, so that none runs into the time limit. */
const REMOVE_BATCH = 10_000;

/** Audit records in Postgres. */
export class PostgresAudit implements AuditStore {
  readonly #database: Kysely<Database>;

  constructor(database: Kysely<Database>) {
    this.#database = database;
  }

  /** The batch travels as one parameter: the number of parameters of a statement is limited, and each costs. */
  async append(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const rows = JSON.stringify(entries.map(auditRow));
    const query = sql`
      insert into capstan.audit
      select replica, sequence, at, kind, workspace, principal, subject, status, code, execution_id, previous_hash, hash,
        record::json
      from json_to_recordset(${rows}) as rows (
        replica text, sequence bigint, at timestamptz, kind text, workspace text, principal text, subject text,
        status text, code text, execution_id text, previous_hash text, hash text, record text)
      on conflict (replica, sequence) do nothing`;
    await attempt(() => query.execute(this.#database));
  }

  async query(filter: AuditFilter, page: PageRequest = {}): Promise<Page<AuditEntry>> {
    const size = pageSize(page);
    const query = this.#database
      .selectFrom(TABLE)
      .selectAll()
      .where((row) => row.and(conditionsOf(row, filter, page.cursor)))
      .orderBy('at', 'desc')
      .orderBy('replica', 'desc')
      .orderBy('sequence', 'desc')
      .limit(size + 1);
    const rows = await attempt(() => query.execute());
    return pageOf(rows.map(entryOf), size, auditCursor);
  }

  async chain(replica: string, fromSequence: number, limit: number): Promise<readonly AuditEntry[]> {
    const query = this.#database
      .selectFrom(TABLE)
      .selectAll()
      .where('replica', '=', replica)
      .where(sql<boolean>`sequence >= ${fromSequence}`)
      .orderBy('sequence')
      .limit(limit);
    const rows = await attempt(() => query.execute());
    return rows.map(entryOf);
  }

  /** Jumps from replica to replica along the index: there are few of them, and many records of each. */
  async chains(): Promise<readonly AuditChain[]> {
    const query = sql<{
      readonly replica: string;
      readonly first: string;
      readonly last: string;
      readonly hash: string;
    }>`
      with recursive replicas (replica) as (
        select min(replica) from capstan.audit
        union all
        select (select min(replica) from capstan.audit where replica > replicas.replica) from replicas
        where replicas.replica is not null
      )
      select replicas.replica, ends.first, ends.last, audit.hash from replicas
      cross join lateral (
        select min(sequence) as first, max(sequence) as last from capstan.audit where replica = replicas.replica
      ) as ends
      join capstan.audit on audit.replica = replicas.replica and audit.sequence = ends.last
      where replicas.replica is not null
      order by replicas.replica`;
    const { rows } = await attempt(() => query.execute(this.#database));
    return rows.map(({ replica, first, last, hash }) => ({
      replica,
      firstSequence: Number(first),
      lastSequence: Number(last),
      lastHash: hash,
    }));
  }

  async removeBefore(at: number): Promise<number> {
    const statement = sql`
      delete from capstan.audit where (replica, sequence) in (
        select replica, sequence from capstan.audit where at < ${new Date(at)} order by at limit ${REMOVE_BATCH})`;
    let removed = 0;
    for (;;) {
      const { numAffectedRows = 0n } = await attempt(() => statement.execute(this.#database));
      removed += Number(numAffectedRows);
      if (numAffectedRows < REMOVE_BATCH) return removed;
    }
  }
}

function conditionsOf(row: ExpressionBuilder<Database, typeof TABLE>, filter: AuditFilter, cursor: string | undefined) {
  const equalities = AUDIT_EQUALITIES.flatMap((property) => {
    const value = filter[property];
    return value === undefined ? [] : [sql<boolean>`${sql.ref(columnName(property))} = ${value}`];
  });
  const { from, to } = filter;
  return [
    ...equalities,
    ...(from === undefined ? [] : [row('at', '>=', new Date(from))]),
    ...(to === undefined ? [] : [row('at', '<', new Date(to))]),
    ...(cursor === undefined ? [] : [isAfter(cursor)]),
  ];
}

function isAfter(cursor: string) {
  const { at, replica, sequence } = readAuditCursor(cursor);
  return sql<boolean>`(at, replica, sequence) < (${new Date(at)}, ${replica}, ${sequence})`;
}

/** As `json_to_recordset` reads it. */
function auditRow(entry: AuditEntry): object {
  return {
    replica: entry.replica,
    sequence: entry.sequence,
    at: new Date(entry.at).toISOString(),
    kind: entry.kind,
    workspace: entry.workspace,
    principal: entry.principal,
    subject: entry.subject,
    status: entry.status,
    code: entry.code,
    execution_id: entry.executionId,
    previous_hash: entry.previousHash,
    hash: entry.hash,
    record: JSON.stringify(entry.record),
  };
}

function entryOf(row: Selectable<AuditTable>): AuditEntry {
  return {
    replica: row.replica,
    sequence: Number(row.sequence),
    at: row.at.getTime(),
    kind: row.kind,
    ...(row.workspace === null ? {} : { workspace: row.workspace }),
    ...(row.principal === null ? {} : { principal: row.principal }),
    subject: row.subject,
    status: row.status,
    ...(row.code === null ? {} : { code: row.code }),
    ...(row.execution_id === null ? {} : { executionId: row.execution_id }),
    previousHash: row.previous_hash,
    hash: row.hash,
    record: row.record,
  };
}
