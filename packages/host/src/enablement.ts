import type { JsonObject } from '@capstan/sdk';
import type { EnablementState, EnablementStore } from './host-options.ts';
import type { HostSettings } from './settings/host-settings.ts';

/** Who said that a pack is enabled. */
export type EnablementOwner = 'file' | 'runtime' | 'application';

/** Which packs are enabled where: what the settings say, what was enabled at run time, what the application brought. */
export class Enablement {
  readonly #settings: HostSettings;
  readonly #store: EnablementStore;
  readonly #application: ReadonlySet<string>;
  #state: EnablementState;

  /** @param application Packs that the application brought without settings: enabled everywhere. */
  constructor(settings: HostSettings, store: EnablementStore, application: ReadonlySet<string>) {
    this.#settings = settings;
    this.#store = store;
    this.#application = application;
    this.#state = store.load();
  }

  /** Who enabled a pack in a workspace; undefined when nobody did. `names`: the pack code, and its key in the settings. */
  owner(workspaceId: string, names: readonly string[]): EnablementOwner | undefined {
    const declared = this.#settings.workspaces.get(workspaceId)?.packs ?? [];
    if (names.some((name) => declared.includes(name))) return 'file';
    if (names.some((name) => Object.hasOwn(this.#packsOf(workspaceId), name))) return 'runtime';
    return names.some((name) => this.#application.has(name)) ? 'application' : undefined;
  }

  /** Variables that were shown to the operator who enabled the pack at run time. */
  environment(workspaceId: string, code: string): readonly string[] {
    const packs = this.#packsOf(workspaceId);
    return Object.hasOwn(packs, code) ? (packs[code]?.environment ?? []) : [];
  }

  enable(workspaceId: string, code: string, environment: readonly string[]): void {
    this.#save(workspaceId, { ...this.#state.workspaces[workspaceId], [code]: { environment } });
  }

  disable(workspaceId: string, code: string): void {
    const { [code]: _disabled, ...rest } = this.#state.workspaces[workspaceId] ?? {};
    this.#save(workspaceId, rest);
  }

  /** MCP servers that were added in a workspace, as they were written. */
  mcpServers(workspaceId: string): Readonly<Record<string, JsonObject>> {
    return this.#state.mcpServers?.[workspaceId] ?? {};
  }

  addMcpServer(workspaceId: string, name: string, server: JsonObject): void {
    this.#saveMcpServers(workspaceId, { ...this.mcpServers(workspaceId), [name]: server });
  }

  removeMcpServer(workspaceId: string, name: string): void {
    const { [name]: _removed, ...rest } = this.mcpServers(workspaceId);
    this.#saveMcpServers(workspaceId, rest);
  }

  /** The exposed names that were given in a workspace, by tool id. */
  names(workspaceId: string): Readonly<Record<string, string>> {
    const names = this.#state.names ?? {};
    return Object.hasOwn(names, workspaceId) ? (names[workspaceId] ?? {}) : {};
  }

  recordNames(workspaceId: string, names: Readonly<Record<string, string>>): void {
    const state = { ...this.#state, names: { ...this.#state.names, [workspaceId]: names } };
    this.#store.save(state);
    this.#state = state;
  }

  #saveMcpServers(workspaceId: string, servers: Readonly<Record<string, JsonObject>>): void {
    const state = { ...this.#state, mcpServers: { ...this.#state.mcpServers, [workspaceId]: servers } };
    this.#store.save(state);
    this.#state = state;
  }

  #packsOf(workspaceId: string): EnablementState['workspaces'][string] {
    const { workspaces } = this.#state;
    return Object.hasOwn(workspaces, workspaceId) ? (workspaces[workspaceId] ?? {}) : {};
  }

  #save(workspaceId: string, packs: EnablementState['workspaces'][string]): void {
    const state = { ...this.#state, workspaces: { ...this.#state.workspaces, [workspaceId]: packs } };
    this.#store.save(state);
    this.#state = state;
  }
}

/** Keeps enablement for as long as the process lives. */
export function memoryEnablement(): EnablementStore {
  let state: EnablementState = { workspaces: {} };
  return {
    load: () => state,
    save(next) {
      state = next;
    },
  };
}
