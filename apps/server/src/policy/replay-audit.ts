import type { Host } from '@capstan/host';
import type { Policy } from '@capstan/policy';
import type { PolicySource } from '@capstan/policy/cedar';
import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { AuditLog } from '../audit/audit-log.ts';

/** What {@link replayAudit} takes. */
export interface ReplayOptions {
  readonly host: Host;
  readonly log: AuditLog;
  /** In the place of the team's policies. */
  readonly sources: readonly PolicySource[];
  /** The newest so many calls. */
  readonly limit: number;
  readonly now: () => number;
}

const PAGE = 1_000;

/** Decides recorded calls anew. @throws CapstanError CAPSTAN_CONFIG_INVALID for a wrong policy, with its place */
export async function replayAudit({ host, log, sources, limit, now }: ReplayOptions): Promise<JsonObject> {
  // Only here: a server that is given a policy of another kind need not load Cedar.
  const { createCedarPolicy } = await import('@capstan/policy/cedar');
  const policy = createCedarPolicy({ sources, clock: { now } });
  const changes: JsonObject[] = [];
  let [replayed, skipped] = [0, 0];
  let cursor: string | undefined;
  do {
    const page = { limit: Math.min(PAGE, limit - replayed - skipped), ...(cursor === undefined ? {} : { cursor }) };
    const { items, nextCursor } = await log.query({ kind: 'invocation' }, page);
    for (const record of items) {
      const after = decideAgain(host, policy, record);
      if (after === undefined) skipped += 1;
      else {
        replayed += 1;
        if (after.allowed !== isAllowed(record)) changes.push(after.change);
      }
    }
    cursor = nextCursor;
  } while (cursor !== undefined && replayed + skipped < limit);
  return { replayed, skipped, changes };
}

function decideAgain(
  host: Host,
  policy: Policy,
  record: JsonObject,
): { readonly allowed: boolean; readonly change: JsonObject } | undefined {
  const { tool, workspace, principal: id, roles, surface, execution_id, at, decision } = record;
  // A call of no tool, and one of a tool or workspace that is gone, were decided by nobody.
  if (!isObject(decision) || typeof tool !== 'string' || typeof workspace !== 'string') return undefined;
  const view = host.workspaces().includes(workspace) ? host.findTool(tool, { workspace }) : undefined;
  if (view === undefined) return undefined;
  const principal = { id: String(id), roles: Array.isArray(roles) ? roles.map(String) : [], permissions: [] };
  const given = isObject(record.arguments) ? record.arguments : {};
  const after = policy({
    principal,
    tool: view.definition,
    workspaceId: workspace,
    arguments: given,
    surface: String(surface),
  });
  const change: JsonObject = {
    execution_id: execution_id ?? null,
    at: at ?? null,
    tool,
    workspace,
    principal: principal.id,
    before: isAllowed(record) ? 'allowed' : 'denied',
    after: after.allow ? 'allowed' : 'denied',
    policies: after.policies ?? [],
    ...(after.allow ? {} : { reason: after.reason }),
  };
  return { allowed: after.allow, change };
}

function isAllowed({ decision }: JsonObject): boolean {
  return isObject(decision) && decision.allow === true;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
