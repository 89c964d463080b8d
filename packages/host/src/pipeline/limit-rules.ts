import type { SlotRule, WindowRule } from '@capstan/limits';
import type { HostSettings, LimitSettings } from '../settings/settings-model.ts';
import type { DeclaredState } from '../state/declared-state.ts';
import type { ToolEntry } from '../workspace/tool-entry.ts';
import type { Invocation } from './invocation.ts';

/** What counts for one call. */
export interface CallLimits {
  readonly windows: readonly WindowRule[];
  readonly slots: readonly SlotRule[];
}

/** Finds what counts for a call. @throws CapstanError where the caller names a connection that cannot be used */
export type LimitFinder = (invocation: Invocation) => CallLimits;

const NONE: CallLimits = Object.freeze({ windows: Object.freeze([]), slots: Object.freeze([]) });
const NO_LIMITS: LimitSettings = Object.freeze({});
const DAY_MS = 86_400_000;

/**
 * The limits of tools, workspaces, connections and principals. A connection counts by its id, however the caller named it.
 */
export function limitFinder(declared: LimitSource): LimitFinder {
  let known: DeclaredLimits | undefined;
  return (invocation) => {
    if (known?.settings !== declared.settings || known.state !== declared.state) known = declaredLimits(declared);
    return limitsOf(invocation, known);
  };
}

/** Whatever declares limits: the settings, and the connections of run time. Both are replaced as a whole. */
export type LimitSource = Pick<DeclaredState, 'settings' | 'state' | 'workspaceIds' | 'connectionsIn'>;

/** What the settings say, in the form in which calls ask for it. */
interface DeclaredLimits {
  readonly settings: HostSettings;
  readonly state: DeclaredState['state'];
  /** By workspace and connection id. */
  readonly connections: ReadonlyMap<string, LimitSettings>;
}

function declaredLimits(declared: LimitSource): DeclaredLimits {
  const connections = declared
    .workspaceIds()
    .flatMap((id) =>
      declared
        .connectionsIn(id)
        .flatMap(({ id: connectionId, limits }) =>
          limits !== undefined && Object.keys(limits).length > 0 ? [[`${id} ${connectionId}`, limits] as const] : [],
        ),
    );
  return { settings: declared.settings, state: declared.state, connections: new Map(connections) };
}

function limitsOf(invocation: Invocation, { settings, connections }: DeclaredLimits): CallLimits {
  const { tool, workspaceId } = invocation;
  if (!tool) throw new Error('rate_limit runs after resolve');
  const shared = settings.workspaces.get(workspaceId)?.limits ?? NO_LIMITS;
  const needsConnection = connections.size > 0 || tool.policy.rateLimit.per === 'connection';
  const connectionId = needsConnection ? tool.runner.connectionId?.(invocation.request.connection) : undefined;
  const own = connectionId === undefined ? NO_LIMITS : (connections.get(`${workspaceId} ${connectionId}`) ?? NO_LIMITS);
  const parts: LimitParts = { invocation, tool, shared, own, connectionId, defaults: settings.defaults };
  const windows = windowsOf(parts);
  const slots = slotsOf(parts);
  return windows.length === 0 && slots.length === 0 ? NONE : { windows, slots };
}

interface LimitParts {
  readonly invocation: Invocation;
  readonly tool: ToolEntry;
  readonly shared: LimitSettings;
  readonly own: LimitSettings;
  readonly connectionId: string | undefined;
  readonly defaults: HostSettings['defaults'];
}

function windowsOf({ invocation, tool, shared, own, connectionId, defaults }: LimitParts): readonly WindowRule[] {
  const { workspaceId, principal } = invocation;
  const { limit, windowMs, per } = tool.policy.rateLimit;
  const windows: WindowRule[] = [];
  if (Number.isFinite(limit)) {
    const whose = per === 'principal' ? principal.id : per === 'workspace' ? '' : (connectionId ?? '');
    const key = `${workspaceId} ${tool.definition.id} ${per} ${whose}`;
    windows.push({ key, limit, windowMs, begins: 'first_call', name: 'calls' });
  }
  if (shared.rateLimit)
    windows.push({ key: workspaceId, ...shared.rateLimit, begins: 'first_call', name: 'workspace' });
  if (own.rateLimit) {
    const key = `${workspaceId} connection ${connectionId ?? ''}`;
    windows.push({ key, ...own.rateLimit, begins: 'first_call', name: 'connection' });
  }
  if (defaults.dailyQuota !== undefined) {
    windows.push(quota(`${workspaceId} day ${principal.id}`, defaults.dailyQuota, 'quota'));
  }
  if (shared.dailyQuota !== undefined) windows.push(quota(`${workspaceId} day`, shared.dailyQuota, 'workspace_quota'));
  return windows;
}

function quota(key: string, limit: number, name: string): WindowRule {
  return { key, limit, windowMs: DAY_MS, begins: 'epoch', name };
}

function slotsOf({ invocation, tool, shared, own, connectionId, defaults }: LimitParts): readonly SlotRule[] {
  const { workspaceId } = invocation;
  const slots: SlotRule[] = [];
  if (defaults.maxInFlight !== undefined) {
    slots.push({ key: `${workspaceId} tool ${tool.definition.id}`, limit: defaults.maxInFlight, name: 'tool' });
  }
  if (shared.maxInFlight !== undefined) {
    slots.push({ key: `${workspaceId} workspace`, limit: shared.maxInFlight, name: 'workspace' });
  }
  if (own.maxInFlight !== undefined) {
    slots.push({ key: `${workspaceId} connection ${connectionId ?? ''}`, limit: own.maxInFlight, name: 'connection' });
  }
  return slots;
}
