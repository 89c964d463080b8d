import { CapstanError, type JsonObject } from '@capstan/sdk';
import type { ToolState } from '../host.ts';
import type { ConnectionSettings } from '../settings/host-settings.ts';
import { type Binding, type BindingSources, bindConnection } from './connections.ts';

/**
 * One pack enabled in one workspace: its connections, each resolved at first use and kept.
 * A change of config or enablement makes a new one.
 */
export class PackInWorkspace {
  readonly sources: BindingSources;
  readonly declared: readonly ConnectionSettings[];
  readonly #bindings = new Map<string, Binding>();

  constructor(sources: BindingSources, declared: readonly ConnectionSettings[]) {
    this.sources = sources;
    this.declared = declared;
  }

  /**
   * The connection that a call uses: the one it names (id or name), else the only one of the tool type, else the pack's
   * only one, else one derived from system config and environment.
   * @throws CapstanError CAPSTAN_CONNECTION_NOT_FOUND, or CAPSTAN_CONNECTION_AMBIGUOUS with the candidates
   */
  binding(toolType: string, requested: string | undefined): Binding {
    return this.#resolved(toolType, this.#choose(toolType, requested));
  }

  /** The connections that tools of a type may use. */
  candidates(toolType: string): readonly ConnectionSettings[] {
    const ofType = this.declared.filter((connection) => connection.toolType === toolType);
    return ofType.length > 0 || this.declared.length !== 1 ? ofType : this.declared;
  }

  /** A tool is as ready as the readiest of the connections that it may use. */
  state(toolType: string, connectionParam: string | undefined): ToolState {
    return readiest(this.allBindings([toolType]).map((binding) => toolStateOf(binding, connectionParam)));
  }

  /** Every binding that the pack's tools can have: the declared ones, and one derived for each tool type without. */
  allBindings(toolTypes: Iterable<string>): readonly Binding[] {
    const bindings = new Set<Binding>();
    for (const toolType of toolTypes) {
      const candidates = this.candidates(toolType);
      if (candidates.length === 0) bindings.add(this.#resolved(toolType, undefined));
      for (const candidate of candidates) bindings.add(this.#resolved(toolType, candidate));
    }
    return [...bindings];
  }

  /** Those that somebody asked for so far. */
  resolvedBindings(): readonly Binding[] {
    return [...this.#bindings.values()];
  }

  #choose(toolType: string, requested: string | undefined): ConnectionSettings | undefined {
    const candidates = this.candidates(toolType);
    if (requested !== undefined) return this.#named(requested, candidates, toolType);
    if (candidates.length <= 1) return candidates[0];
    const fallback = candidates.find(({ name }) => name === 'default');
    if (fallback) return fallback;
    throw new CapstanError('CAPSTAN_CONNECTION_AMBIGUOUS', `${candidates.length} connections fit; name one`, {
      details: { candidates: candidates.map(describe) },
    });
  }

  #named(
    requested: string,
    candidates: readonly ConnectionSettings[],
    toolType: string,
  ): ConnectionSettings | undefined {
    const found = candidates.find(({ id, name }) => id === requested || name === requested);
    if (found) return found;
    const derivedId = `system.${this.sources.manifest.code}.${toolType}`;
    if (candidates.length === 0 && requested === derivedId) return undefined;
    throw new CapstanError(
      'CAPSTAN_CONNECTION_NOT_FOUND',
      `no connection ${JSON.stringify(requested.slice(0, 128))} for this tool`,
      {
        details: { candidates: candidates.map(describe) },
      },
    );
  }

  #resolved(toolType: string, settings: ConnectionSettings | undefined): Binding {
    const key = settings?.id ?? `:${toolType}`;
    const known = this.#bindings.get(key);
    if (known) return known;
    const binding = bindConnection(this.sources, settings?.toolType ?? toolType, settings);
    this.#bindings.set(key, binding);
    return binding;
  }
}

/** The best of the states that a tool has over its connections. */
export function readiest(states: readonly ToolState[]): ToolState {
  return states.find(({ kind }) => kind === 'ready') ?? states[0] ?? { kind: 'ready' };
}

/** The state of a tool that needs a binding, and perhaps the account's id at the remote side. */
export function toolStateOf(binding: Binding, connectionParam: string | undefined): ToolState {
  if (binding.state.kind !== 'ready' || connectionParam === undefined) return binding.state;
  if (binding.connection.remoteConnectionId !== undefined) return binding.state;
  return { kind: 'needs_config', missing: [missingRemoteConnectionId(binding, connectionParam)] };
}

/** The error of a call whose tool is not ready. */
export function notReady(toolId: string, state: Exclude<ToolState, { readonly kind: 'ready' }>): CapstanError {
  switch (state.kind) {
    case 'needs_config': {
      const keys = state.missing.map(({ key }) => key).join(', ');
      return new CapstanError('CAPSTAN_NEEDS_CONFIG', `${toolId} needs ${keys}`, {
        details: {
          missing: state.missing.map(({ key, description, places }): JsonObject => ({ key, description, places })),
        },
      });
    }
    case 'degraded':
      return state.reason;
    case 'unsupported':
      return new CapstanError('CAPSTAN_TOOL_UNSUPPORTED', `${toolId} does not run here: ${state.reason}`);
    case 'connecting':
      return new CapstanError('CAPSTAN_REMOTE_UNAVAILABLE', `${toolId}: its MCP server has not answered yet`);
    case 'changed':
      return new CapstanError(
        'CAPSTAN_TOOL_UNSUPPORTED',
        `${toolId} changed since it was enabled, and nobody has accepted that yet`,
      );
  }
}

function missingRemoteConnectionId({ id, derived, connection }: Binding, connectionParam: string) {
  const place = derived
    ? `declare a connection: workspaces.${connection.workspaceId}.connections: [{ id: …, pack: ${connection.pack}, tool_type: ${connection.toolType}, remote_connection_id: … }] in capstan.yaml`
    : `set remote_connection_id of the connection ${id} in capstan.yaml`;
  return {
    key: 'remote_connection_id',
    description: `The id of the account at the remote service; sent as ${connectionParam}`,
    secret: false,
    places: [place],
  };
}

function describe({ id, name }: ConnectionSettings): JsonObject {
  return { id, name };
}
