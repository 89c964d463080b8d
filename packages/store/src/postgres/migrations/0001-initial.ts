import { type Kysely, sql } from 'kysely';

/*
 * 1. A column is a key, or what is looked for; everything else of an entity stands in its document, so that a property
 *    more needs no migration.
 * 2. No foreign keys to workspaces: those that capstan.yaml declares have no row.
 * 3. `unique nulls not distinct` (Postgres 15): no workspace means the whole host, and that is one place.
 */
const STATEMENTS: readonly string[] = [
  `create table capstan.state (single boolean primary key default true check (single), revision bigint not null)`,
  `insert into capstan.state (revision) values (0)`,
  `create table capstan.tenants (id text primary key, document json not null)`,
  `create table capstan.workspaces (slug text primary key, document json not null)`,
  `create table capstan.members (workspace text, principal text, document json not null, primary key (workspace, principal))`,
  `create table capstan.keys (id text primary key, workspace text, prefix text not null, hash text not null unique,
     document json not null)`,
  `create index keys_by_prefix on capstan.keys (prefix)`,
  `create table capstan.enablements (workspace text, pack text, document json not null, primary key (workspace, pack))`,
  `create table capstan.pins (workspace text, tool_id text, document json not null, primary key (workspace, tool_id))`,
  `create table capstan.names (workspace text, tool_id text, name text not null, document json not null,
     primary key (workspace, tool_id), unique (workspace, name))`,
  `create table capstan.connections (workspace text, id text, document json not null, primary key (workspace, id))`,
  `create table capstan.settings (workspace text, pack text not null, key text not null, document json not null,
     unique nulls not distinct (workspace, pack, key))`,
  `create table capstan.mcp_servers (workspace text, name text, document json not null, primary key (workspace, name))`,
  `create table capstan.policies (workspace text, name text not null, document json not null,
     unique nulls not distinct (workspace, name))`,
  `create table capstan.secrets (workspace text, name text not null, document json not null,
     unique nulls not distinct (workspace, name))`,
  `create table capstan.data_keys (id text primary key, workspace text, document json not null)`,
  `create table capstan.approvals (
     id text primary key, workspace text not null, principal text not null, tool_id text not null,
     arguments_digest text not null, arguments json not null, reason text not null,
     requested_at timestamptz not null, expires_at timestamptz not null,
     state text not null check (state in ('pending', 'approved', 'rejected', 'consumed')),
     decided_at timestamptz, decided_by text, comment text, consumed_at timestamptz, execution_id text)`,
  `create index approvals_by_binding on capstan.approvals (workspace, principal, tool_id, arguments_digest)
     where state in ('pending', 'approved')`,
  `create index approvals_by_expiry on capstan.approvals (expires_at)`,
  `create table capstan.audit (
     replica text, sequence bigint, at timestamptz not null,
     kind text not null check (kind in ('invocation', 'administration')),
     workspace text, principal text, subject text not null, status text not null, code text, execution_id text,
     previous_hash text not null, hash text not null, record json not null, primary key (replica, sequence))`,
  `create index audit_by_time on capstan.audit (at desc, replica desc, sequence desc)`,
  `create index audit_by_workspace on capstan.audit (workspace, at desc, replica desc, sequence desc)`,
  `create index audit_by_principal on capstan.audit (principal, at desc, replica desc, sequence desc)`,
  `create index audit_by_subject on capstan.audit (subject, at desc, replica desc, sequence desc)`,
  `create index audit_by_failure on capstan.audit (status, at desc, replica desc, sequence desc) where status <> 'succeeded'`,
  `create index audit_by_execution on capstan.audit (execution_id) where execution_id is not null`,
];

/** Everything of the first version. */
export async function initial(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  const tenant = JSON.stringify({ id: 'default', name: 'default', createdAt: Date.now() });
  await sql`insert into capstan.tenants (id, document) values ('default', ${tenant})`.execute(database);
}
