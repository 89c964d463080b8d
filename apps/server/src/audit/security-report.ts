import type { Host } from '@capstan/host';
import type { JsonObject } from '@capstan/sdk';
import type { AuditLog } from './audit-log.ts';

/** A key, as far as a report needs it. */
export interface ReportedKey {
  readonly name: string;
  /** How its principal is called in audit records. */
  readonly principal: string;
  readonly roles: readonly string[];
  readonly expiresAt?: number | undefined;
  readonly isRevoked: boolean;
}

/** What a security report is made of. */
export interface SecurityReportSources {
  readonly host: Pick<Host, 'workspaces' | 'listTools'>;
  readonly log: Pick<AuditLog, 'query'>;
  readonly keys: () => Promise<readonly ReportedKey[]>;
  readonly now: () => number;
}

/** What somebody who is responsible wants to look at. */
export interface SecurityReport {
  readonly from: string;
  readonly to: string;
  readonly records: number;
  /** True where there were more records than are looked at: then counts are too small. */
  readonly truncated: boolean;
  readonly calls: Readonly<Record<string, number>>;
  readonly acts: number;
  /** Denied calls, most first. */
  readonly denied_calls: readonly { readonly principal: string; readonly tool: string; readonly count: number }[];
  /** Permissions that the tools of a workspace ask for and no call used. */
  readonly unused_permissions: readonly {
    readonly workspace: string;
    readonly permission: string;
    readonly tools: number;
  }[];
  readonly unused_tools: readonly { readonly workspace: string; readonly tool: string }[];
  readonly keys_without_expiry: readonly { readonly name: string; readonly roles: readonly string[] }[];
  /** Keys that made no call. */
  readonly unused_keys: readonly string[];
  /** Tools whose contract changed since somebody accepted it. */
  readonly drifted_tools: readonly { readonly workspace: string; readonly tool: string }[];
}

const PAGE = 1_000;
const MAX_RECORDS = 200_000;
const DAY_MS = 86_400_000;

/** Looks through the records of the last days, and at what they leave out. */
export async function securityReport(sources: SecurityReportSources, days: number): Promise<SecurityReport> {
  const to = sources.now();
  const from = to - days * DAY_MS;
  const { records, isTruncated } = await recordsSince(sources.log, from);
  const calls = records.filter(({ kind }) => kind === 'call');
  const tools = toolsOf(sources.host);
  const called = new Set(calls.map(({ workspace, tool }) => `${workspace} ${tool}`));
  const unusedTools = tools.filter(({ workspace, id }) => !called.has(`${workspace} ${id}`));
  const callers = new Set(records.map(({ principal }) => principal));
  const keys = (await sources.keys()).filter(({ isRevoked }) => !isRevoked);
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    records: records.length,
    truncated: isTruncated,
    calls: countBy(calls, ({ status }) => String(status)),
    acts: records.length - calls.length,
    denied_calls: deniedCalls(calls),
    unused_permissions: unusedPermissions(tools, called),
    unused_tools: unusedTools.map(({ workspace, id }) => ({ workspace, tool: id })),
    keys_without_expiry: keys
      .filter(({ expiresAt }) => expiresAt === undefined)
      .map(({ name, roles }) => ({ name, roles })),
    unused_keys: keys.filter(({ principal }) => !callers.has(principal)).map(({ name }) => name),
    drifted_tools: tools.filter(({ isDrifted }) => isDrifted).map(({ workspace, id }) => ({ workspace, tool: id })),
  };
}

async function recordsSince(
  log: SecurityReportSources['log'],
  from: number,
): Promise<{ readonly records: readonly JsonObject[]; readonly isTruncated: boolean }> {
  const records: JsonObject[] = [];
  let cursor: string | undefined;
  do {
    const page = await log.query({ from }, { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    records.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined && records.length < MAX_RECORDS);
  return { records, isTruncated: cursor !== undefined };
}

interface ReportedTool {
  readonly workspace: string;
  readonly id: string;
  readonly permissions: readonly string[];
  readonly isDrifted: boolean;
}

function toolsOf(host: SecurityReportSources['host']): readonly ReportedTool[] {
  return host.workspaces().flatMap((workspace) => {
    const tools: ReportedTool[] = [];
    let cursor: string | undefined;
    do {
      const page = host.listTools({ workspace, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      for (const { definition, state } of page.items) {
        const { id, permissions } = definition;
        tools.push({ workspace, id, permissions, isDrifted: state.kind === 'changed' });
      }
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return tools;
  });
}

function unusedPermissions(
  tools: readonly ReportedTool[],
  called: ReadonlySet<string>,
): SecurityReport['unused_permissions'] {
  const asked = new Map<string, { workspace: string; permission: string; tools: number; isUsed: boolean }>();
  for (const { workspace, id, permissions } of tools) {
    for (const permission of permissions) {
      const key = `${workspace} ${permission}`;
      const entry = asked.get(key) ?? { workspace, permission, tools: 0, isUsed: false };
      asked.set(key, { ...entry, tools: entry.tools + 1, isUsed: entry.isUsed || called.has(`${workspace} ${id}`) });
    }
  }
  return [...asked.values()].filter(({ isUsed }) => !isUsed).map(({ isUsed: _, ...rest }) => rest);
}

function deniedCalls(calls: readonly JsonObject[]): SecurityReport['denied_calls'] {
  const denied = calls.filter(({ status }) => status === 'denied');
  const counts = countBy(denied, ({ principal, tool }) => JSON.stringify([principal, tool]));
  return Object.entries(counts)
    .map(([key, count]) => {
      const [principal, tool]: readonly unknown[] = JSON.parse(key);
      return { principal: String(principal), tool: String(tool), count };
    })
    .sort((one, other) => other.count - one.count);
}

function countBy(records: readonly JsonObject[], keyOf: (record: JsonObject) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const record of records) counts[keyOf(record)] = (counts[keyOf(record)] ?? 0) + 1;
  return counts;
}
