import type { Diagnostic } from '@capstan/schema';
import { CapstanError, type ToolConnection } from '@capstan/sdk';
import type { ConnectionView, PackState, PackView, ToolView } from './host.ts';
import type { McpSource } from './mcp/mcp-source.ts';
import type { Pack } from './packs/pack.ts';
import { reachOf } from './packs/reach.ts';
import type { ConnectionSettings } from './settings/host-settings.ts';
import type { ConnectionCondition } from './workspace/connection-conditions.ts';
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
  /** The endpoints that are left alone now, by pack, origin and base path, and until when (ms since the epoch). */
  readonly openCircuits: ReadonlyMap<string, number | undefined>;
  readonly phase: 'running' | 'draining' | 'stopped';
  /** Its MCP servers. */
  readonly servers: readonly McpSource[];
  /** Variables that the operator lets it read. */
  readonly allowed: ReadonlySet<string>;
  /** What the operator wrote for it to no effect. */
  readonly findings: readonly Diagnostic[];
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
    toolCount:
      (manifest?.tools.length ?? 0) +
      facts.servers.reduce((sum, { primary }) => sum + (primary?.offer.tools.length ?? 0), 0),
    diagnostics: [...pack.diagnostics, ...facts.findings],
    environment: environmentNames(pack).map((name) => ({
      name,
      allowed: facts.allowed.has(name),
      purpose: purposeOf(pack, name),
    })),
    reaches: reachOf(pack),
  };
}

/** The variables that a pack's manifest would read: its keys' own, in order. */
export function environmentNames(pack: Pack): readonly string[] {
  if (pack.body.kind !== 'loaded') return [];
  const properties = Object.values(pack.body.manifest.configSchema.properties);
  return [...new Set(properties.flatMap((property) => property['x-env'] ?? []))];
}

/** The keys that a variable would set, with what their author says of them. */
function purposeOf(pack: Pack, name: string): string {
  if (pack.body.kind !== 'loaded') return '';
  const keys = Object.entries(pack.body.manifest.configSchema.properties).filter(
    ([, { 'x-env': own }]) => own === name,
  );
  return keys
    .map(([key, { description }]) => (typeof description === 'string' ? `${key}: ${description}` : key))
    .join('; ');
}

function packState(facts: PackFacts): PackState {
  const { pack } = facts;
  if (pack.body.kind === 'rejected') {
    const { error } = pack.body;
    // Code that nobody wants to run needs nobody's trust.
    if (!facts.enabled && error.code === 'CAPSTAN_PACK_UNTRUSTED') return { kind: 'discovered' };
    return { kind: 'rejected', error, diagnostics: pack.diagnostics };
  }
  if (facts.phase !== 'running') return { kind: facts.phase };
  if (!facts.enabled) return { kind: 'discovered' };
  if (facts.failure) return { kind: 'failed', error: facts.failure };
  const missing = facts.bindings.flatMap(({ state }) => (state.kind === 'needs_config' ? state.missing : []));
  if (missing.length > 0) return { kind: 'needs_config', missing: uniqueByKey(missing) };
  return degradedState(facts) ?? serverState(facts) ?? { kind: 'ready' };
}

/** A pack is as well as the worst of its MCP servers. */
function serverState({ servers }: PackFacts): PackState | undefined {
  const states = servers.map((server) => server.state());
  for (const state of states) if (state.kind === 'degraded') return state;
  return states.some(({ kind }) => kind === 'connecting') ? { kind: 'connecting' } : undefined;
}

/** An MCP server that belongs to no pack, as a person sees it among the packs. */
export function serverView(source: McpSource, origin: string): PackView {
  const info = source.primary?.handshake?.serverInfo;
  const state = source.state();
  return {
    code: source.namespace,
    displayName: typeof info?.title === 'string' ? info.title : source.name,
    version: typeof info?.version === 'string' ? info.version : '',
    description: `The tools of the MCP server ${source.name}`,
    type: 'connector',
    origin,
    enabled: true,
    state: state.kind === 'degraded' || state.kind === 'connecting' ? state : { kind: 'ready' },
    toolCount: source.primary?.offer.tools.length ?? 0,
    diagnostics: [],
    environment: [],
    reaches: [],
  };
}

function degradedState({ bindings, openCircuits }: PackFacts): PackState | undefined {
  for (const { state, connection } of bindings) {
    if (state.kind === 'degraded') return state;
    const endpoints = endpointsOf(connection);
    // One that still answers is enough.
    if (endpoints.length === 0 || !endpoints.every((endpoint) => openCircuits.has(`${connection.pack} ${endpoint}`)))
      continue;
    const what = endpoints.length === 1 ? 'keeps failing and is left alone' : 'keep failing and are left alone';
    const reason = new CapstanError('CAPSTAN_CIRCUIT_OPEN', `${endpoints.join(', ')} ${what} for now`);
    const retryAt = endpoints.map((endpoint) => openCircuits.get(`${connection.pack} ${endpoint}`)).sort()[0];
    return { kind: 'degraded', reason, ...(retryAt === undefined ? {} : { retryAt }) };
  }
  return undefined;
}

function endpointsOf({ cluster, remoteClusterUrl }: ToolConnection): readonly string[] {
  if (cluster !== undefined) return cluster.endpoints.map(({ url }) => endpointOf(url));
  return remoteClusterUrl === undefined ? [] : [endpointOf(remoteClusterUrl)];
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
    state: entry.drift?.isBlocked === true ? { kind: 'changed' } : entry.runner.state(),
    connectionIds: entry.runner.connectionIds(),
    policy: entry.policy,
    ...(entry.runner.isDurable === undefined ? {} : { isDurable: entry.runner.isDurable }),
  };
}

/** A connection as an operator sees it. */
export function connectionView({ connection, derived }: Binding, condition: ConnectionCondition): ConnectionView {
  const { since, lastValidatedAt, validationError } = condition;
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
    status: condition.status,
    ...(since === undefined ? {} : { since }),
    ...(lastValidatedAt === undefined ? {} : { lastValidatedAt }),
    ...(validationError === undefined ? {} : { validationError }),
    derived,
  };
}

/** A connection that no tool uses: its pack is not enabled. */
export function idleConnectionView(workspace: string, settings: ConnectionSettings): ConnectionView {
  const { id, pack, toolType, connectionType, name, remoteClusterUrl, remoteConnectionId, auth } = settings;
  return {
    id,
    workspace,
    pack,
    toolType,
    connectionType,
    name,
    ...(remoteClusterUrl === undefined ? {} : { remoteClusterUrl }),
    ...(remoteConnectionId === undefined ? {} : { remoteConnectionId }),
    authType: auth.type,
    status: 'registered_but_not_connected',
    derived: false,
  };
}
