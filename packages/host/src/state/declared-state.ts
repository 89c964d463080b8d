import type { ConfigLayerValues } from '@capstan/config';
import type { JsonObject } from '@capstan/sdk';
import type { Pack } from '../packs/pack.ts';
import type { ConnectionSettings, HostSettings } from '../settings/host-settings.ts';
import { runtimeConnection } from './runtime-connection.ts';
import { EMPTY_WORKSPACE, type RuntimeSettings, type RuntimeState, type RuntimeWorkspace } from './runtime-state.ts';

/** Who said that a pack is enabled. */
export type EnablementOwner = 'file' | 'runtime' | 'application';

/** What a {@link DeclaredState} begins with. */
export interface DeclaredStateOptions {
  readonly settings: HostSettings;
  readonly state: RuntimeState;
  /** Packs that the application brought without settings: enabled everywhere. */
  readonly application: ReadonlySet<string>;
}

/**
 * What holds in a host: what `capstan.yaml` says, what was written at run time, and what the application brought.
 * Where the file and somebody else speak of the same thing, the file counts.
 */
export class DeclaredState {
  readonly #application: ReadonlySet<string>;
  #settings: HostSettings;
  #state: RuntimeState;

  constructor({ settings, state, application }: DeclaredStateOptions) {
    this.#settings = settings;
    this.#state = state;
    this.#application = application;
  }

  get settings(): HostSettings {
    return this.#settings;
  }

  get state(): RuntimeState {
    return this.#state;
  }

  replace({ settings, state }: { readonly settings?: HostSettings; readonly state?: RuntimeState }): void {
    this.#settings = settings ?? this.#settings;
    this.#state = state ?? this.#state;
  }

  /** The file's first, in its order. */
  workspaceIds(): readonly string[] {
    const made = [...this.#state.workspaces].flatMap(([id, { made }]) => (made === undefined ? [] : [id]));
    return [...new Set([...this.#settings.workspaces.keys(), ...made])];
  }

  /** Who enabled a pack in a workspace; undefined when nobody did. */
  owner(workspaceId: string, pack: Pack): EnablementOwner | undefined {
    const names = namesOf(pack);
    const declared = this.#settings.workspaces.get(workspaceId)?.packs ?? [];
    if (names.some((name) => declared.includes(name))) return 'file';
    const { enablements } = this.runtimeOf(workspaceId);
    if (names.some((name) => enablements.has(name))) return 'runtime';
    return names.some((name) => this.#application.has(name)) ? 'application' : undefined;
  }

  /** Variables that a pack may read in a workspace. */
  environment(workspaceId: string, pack: Pack): ReadonlySet<string> {
    const shown = this.runtimeOf(workspaceId).enablements.get(pack.code)?.environment ?? [];
    return new Set([...(pack.settings?.environment ?? []), ...shown]);
  }

  /** The connections of a pack: the file's, then those of run time whose id the file does not use. */
  connections(workspaceId: string, pack: Pack): readonly ConnectionSettings[] {
    const names = namesOf(pack);
    return this.connectionsIn(workspaceId).filter((connection) => names.includes(connection.pack));
  }

  /** All connections of a workspace, those that serve nothing too. */
  connectionsIn(workspaceId: string): readonly ConnectionSettings[] {
    const declared = this.#settings.workspaces.get(workspaceId)?.connections ?? [];
    return [...declared, ...this.writtenConnections(workspaceId)];
  }

  /** Those of run time that the file does not declare, too. */
  writtenConnections(workspaceId: string): readonly ConnectionSettings[] {
    const declared = this.#settings.workspaces.get(workspaceId)?.connections ?? [];
    const taken = new Set(declared.flatMap(({ id, name }) => [id, name]));
    const written = [...this.runtimeOf(workspaceId).connections.values()].map((connection) =>
      runtimeConnection(connection, this.#settings.references),
    );
    return written.filter(({ id, name }) => !taken.has(id) && !taken.has(name));
  }

  /** The system layers of a pack's config, highest first: the file's, the workspace's, that of all workspaces. */
  systemLayers(workspaceId: string, pack: Pack): readonly ConfigLayerValues[] {
    const own = settingsLayer(this.runtimeOf(workspaceId).settings, pack.code, workspaceId);
    const shared = settingsLayer(this.#state.settings, pack.code, undefined);
    return [pack.settings?.config, own, shared].filter((layer) => layer !== undefined);
  }

  mcpServers(workspaceId: string): ReadonlyMap<string, JsonObject> {
    const { mcpServers } = this.runtimeOf(workspaceId);
    return new Map([...mcpServers].map(([name, { definition }]) => [name, definition]));
  }

  /** What was written for a workspace at run time. */
  runtimeOf(workspaceId: string): RuntimeWorkspace {
    return this.#state.workspaces.get(workspaceId) ?? EMPTY_WORKSPACE;
  }
}

/** The names by which settings may speak of a pack: its code, and its key there. */
export function namesOf(pack: Pick<Pack, 'code' | 'settings'>): readonly string[] {
  return pack.settings === undefined || pack.settings.key === pack.code ? [pack.code] : [pack.code, pack.settings.key];
}

function settingsLayer(
  settings: RuntimeSettings,
  pack: string,
  workspace: string | undefined,
): ConfigLayerValues | undefined {
  const ofPack = settings.get(pack);
  if (ofPack === undefined) return undefined;
  const plain = [...ofPack].filter(([, { isSecret }]) => !isSecret);
  const sealed = [...ofPack].filter(([, { isSecret }]) => isSecret);
  return {
    values: Object.fromEntries(plain.map(([key, { value }]) => [key, value])),
    sealed: Object.fromEntries(sealed.map(([key, { value }]) => [key, value])),
    // Platform operators write it, whoever made the workspace.
    references: 'operator',
    sourceOf: ([key = '']) => {
      const { by = 'nobody', at = 0 } = ofPack.get(key) ?? {};
      const where = workspace === undefined ? {} : { workspace };
      return { kind: 'setting', ...where, setBy: by, setAt: new Date(at).toISOString() };
    },
  };
}
