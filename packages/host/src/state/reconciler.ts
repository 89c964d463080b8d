import { isDeepStrictEqual } from 'node:util';
import type { EventEmitter } from 'eventemitter3';
import type { HostEvents } from '../host.ts';
import type { AddedServers } from '../mcp/added-servers.ts';
import type { Pack } from '../packs/pack.ts';
import type { HostSettings } from '../settings/host-settings.ts';
import type { NameRecords } from '../workspace/name-records.ts';
import { type DriftJudge, Workspace } from '../workspace/workspace.ts';
import type { WorkspacePacks } from '../workspace/workspace-packs.ts';
import type { DeclaredState } from './declared-state.ts';
import type { ExposedNames } from './runtime-keeper.ts';
import type { RuntimeState } from './runtime-state.ts';

/** What is to hold from now on; what is absent stays. */
export interface NextState {
  readonly settings?: HostSettings;
  readonly state?: RuntimeState;
  /** Names that other replicas gave, by workspace. */
  readonly names?: ReadonlyMap<string, ExposedNames>;
  /** A pack that is started again in any case. */
  readonly anew?: { readonly workspace: string; readonly pack: string };
}

/** What was touched to make it so. */
export interface Reconciliation {
  readonly addedWorkspaces: readonly string[];
  readonly removedWorkspaces: readonly string[];
  readonly packs: readonly { readonly workspace: string; readonly pack: string }[];
  readonly mcpServers: readonly { readonly workspace: string; readonly server: string }[];
}

/** What a {@link Reconciler} moves. */
export interface ReconcilerParts {
  readonly declared: DeclaredState;
  readonly workspaces: Map<string, Workspace>;
  readonly packs: Map<string, Pack>;
  readonly workspacePacks: WorkspacePacks;
  readonly addedServers: AddedServers;
  readonly names: NameRecords;
  readonly events: EventEmitter<HostEvents>;
  readonly judge: DriftJudge;
  /** Finds the packs of other settings. */
  readonly discover: (settings: HostSettings) => ReadonlyMap<string, Pack>;
  /** A workspace begins or ends; its packs are not there yet, or gone already. */
  readonly onAdded: (workspace: Workspace) => void;
  readonly onRemoved: (workspaceId: string) => void;
}

/**
 * Brings a host in line with what is declared.
 *
 * 1. It is synchronous: no call meets a host that is half changed.
 * 2. Only what changed is touched: of settings that are the same object, only the workspaces whose part of the state is another.
 * 3. A call that has begun ends with the tools and connections that it began with.
 */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  /** Of workspaces that are gone. */
  readonly #revisions = new Map<string, number>();

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  reconcile(next: NextState): Reconciliation {
    const { declared, workspaces } = this.#parts;
    const candidates = this.#candidates(next);
    if (next.settings !== undefined && next.settings !== declared.settings) this.#replacePacks(next.settings);
    declared.replace(next);
    const wanted = new Set(declared.workspaceIds());
    const removed = [...workspaces.keys()].filter((id) => !wanted.has(id));
    const added = [...wanted].filter((id) => !workspaces.has(id));
    for (const id of removed) this.#remove(id);
    for (const id of added) this.#add(id, next.names?.get(id));
    const touched = [...new Set([...added, ...(candidates ?? wanted)])].filter((id) => workspaces.has(id));
    const changes = touched.map((id) => this.#reconcileWorkspace(id, next.anew));
    if (next.names !== undefined) this.#learn(next.names);
    return {
      addedWorkspaces: added,
      removedWorkspaces: removed,
      packs: changes.flatMap(({ packs }) => packs),
      mcpServers: changes.flatMap(({ mcpServers }) => mcpServers),
    };
  }

  /** The workspaces that may change; undefined: all of them. */
  #candidates({ settings, state, anew }: NextState): readonly string[] | undefined {
    const { declared } = this.#parts;
    const before = declared.state;
    if (settings !== undefined && settings !== declared.settings) return undefined;
    if (state !== undefined && !isDeepStrictEqual(state.settings, before.settings)) return undefined;
    const renewed = anew === undefined ? [] : [anew.workspace];
    if (state === undefined) return renewed;
    const ids = new Set([...before.workspaces.keys(), ...state.workspaces.keys()]);
    return [
      ...renewed,
      ...[...ids].filter((id) => !isDeepStrictEqual(before.workspaces.get(id), state.workspaces.get(id))),
    ];
  }

  #replacePacks(settings: HostSettings): void {
    const { packs, discover } = this.#parts;
    const found = discover(settings);
    packs.clear();
    for (const [code, pack] of found) packs.set(code, pack);
  }

  #reconcileWorkspace(id: string, anew: NextState['anew']): Pick<Reconciliation, 'packs' | 'mcpServers'> {
    const { workspacePacks, addedServers, workspaces, events } = this.#parts;
    const packs = workspacePacks.reconcile(id, anew?.workspace === id ? anew.pack : undefined);
    const servers = addedServers.reconcile(id);
    const workspace = workspaces.get(id);
    if (packs.length > 0 && workspace !== undefined) {
      events.emit('catalog:changed', { workspace: id, revision: workspace.revision });
    }
    return {
      packs: packs.map((pack) => ({ workspace: id, pack })),
      mcpServers: servers.map((server) => ({ workspace: id, server })),
    };
  }

  #add(id: string, names: ExposedNames | undefined): void {
    const { workspaces, names: records, onAdded } = this.#parts;
    const workspace = new Workspace(id, {
      names: { ...records.of(id), ...names },
      revision: (this.#revisions.get(id) ?? -1) + 1,
      judge: this.#parts.judge,
    });
    workspaces.set(id, workspace);
    onAdded(workspace);
  }

  #remove(id: string): void {
    const { workspaces, workspacePacks, addedServers, names, onRemoved } = this.#parts;
    const workspace = workspaces.get(id);
    if (workspace === undefined) return;
    workspacePacks.removeWorkspace(workspace);
    addedServers.removeWorkspace(id);
    workspaces.delete(id);
    names.forget(id);
    this.#revisions.set(id, workspace.revision);
    onRemoved(id);
  }

  #learn(names: ReadonlyMap<string, ExposedNames>): void {
    for (const [id, given] of names) this.#parts.names.learn(id, given);
  }
}
