import { CapstanError } from '@capstan/sdk';
import type { ConnectionView, PackState, PackView, ToolView } from './host.ts';
import type { Pack } from './packs/pack.ts';
import type { Binding } from './workspace/connections.ts';
import type { ToolEntry } from './workspace/tool-entry.ts';

/** What a pack's state in a workspace follows from. */
export interface PackFacts {
  readonly pack: Pack;
  readonly enabled: boolean;
  /** Empty when it is not enabled. */
  readonly bindings: readonly Binding[];
  /** Set when its code did not start. */
  readonly failure: CapstanError | undefined;
  /** The endpoints that are left alone now, by origin and base path, and until when (ms since the epoch). */
  readonly openCircuits: ReadonlyMap<string, number | undefined>;
  readonly phase: 'running' | 'draining' | 'stopped';
  /** Variables that the operator lets it read. */
  readonly allowed: ReadonlySet<string>;
}

/** A pack as a person sees it. */
export function packView(facts: PackFacts): PackView {
  const { pack } = facts;
  const manifest = pack.body.kind === 'loaded' ? pack.body.manifest : undefined;
  return {
    code: pack.code,
    displayName: manifest?.displayName ?? pack.code,
    version: manifest?.version ?? '',
    description: manifest?.description ?? '',
    type: manifest?.type ?? 'feature',
    origin: pack.origin,
    enabled: facts.enabled,
    state: packState(facts),
    toolCount: manifest?.tools.length ?? 0,
    diagnostics: pack.diagnostics,
    environment: environmentNames(pack).map((name) => ({ name, allowed: facts.allowed.has(name) })),
  };
}

/** The variables that a pack's manifest would read: its keys' own, in order. */
export function environmentNames(pack: Pack): readonly string[] {
  if (pack.body.kind !== 'loaded') return [];
  const properties = Object.values(pack.body.manifest.configSchema.properties);
  return [...new Set(properties.flatMap((property) => property['x-env'] ?? []))];
}

function packState(facts: PackFacts): PackState {
  const { pack } = facts;
  if (pack.body.kind === 'rejected') return { kind: 'rejected', error: pack.body.error, diagnostics: pack.diagnostics };
  if (facts.phase !== 'running') return { kind: facts.phase };
  if (!facts.enabled) return { kind: 'discovered' };
  if (facts.failure) return { kind: 'failed', error: facts.failure };
  const missing = facts.bindings.flatMap(({ state }) => (state.kind === 'needs_config' ? state.missing : []));
  if (missing.length > 0) return { kind: 'needs_config', missing: uniqueByKey(missing) };
  return degradedState(facts) ?? { kind: 'ready' };
}

function degradedState({ bindings, openCircuits }: PackFacts): PackState | undefined {
  for (const { state, connection } of bindings) {
    if (state.kind === 'degraded') return state;
    const endpoint = connection.remoteClusterUrl && endpointOf(connection.remoteClusterUrl);
    if (!endpoint || !openCircuits.has(endpoint)) continue;
    const reason = new CapstanError('CAPSTAN_CIRCUIT_OPEN', `${endpoint} keeps failing and is left alone for now`);
    const retryAt = openCircuits.get(endpoint);
    return { kind: 'degraded', reason, ...(retryAt === undefined ? {} : { retryAt }) };
  }
  return undefined;
}

/** Origin and base path without a trailing slash: how circuits are keyed. */
function endpointOf(url: string): string {
  const parsed = URL.parse(url);
  return parsed ? `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}` : url;
}

function uniqueByKey<Item extends { readonly key: string }>(items: readonly Item[]): readonly Item[] {
  return [...new Map(items.map((item) => [item.key, item])).values()];
}

/** A tool as a caller sees it. */
export function toolView(entry: ToolEntry): ToolView {
  return {
    definition: entry.definition,
    exposedName: entry.exposedName,
    state: entry.runner.state(),
    connectionIds: entry.runner.connectionIds(),
    policy: entry.policy,
  };
}

/** A connection as an operator sees it. */
export function connectionView({ connection, derived }: Binding): ConnectionView {
  return {
    id: connection.id,
    workspace: connection.workspaceId,
    pack: connection.pack,
    toolType: connection.toolType,
    connectionType: connection.connectionType,
    name: connection.name,
    ...(connection.remoteClusterUrl === undefined ? {} : { remoteClusterUrl: connection.remoteClusterUrl }),
    ...(connection.remoteConnectionId === undefined ? {} : { remoteConnectionId: connection.remoteConnectionId }),
    authType: connection.auth.type,
    status: connection.status,
    derived,
  };
}
