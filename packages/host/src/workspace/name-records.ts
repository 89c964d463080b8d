import type { Logger } from '@capstan/sdk';
import type { EventEmitter } from 'eventemitter3';
import type { HostEvents } from '../host.ts';
import type { ExposedNames, RuntimeKeeper } from '../state/runtime-keeper.ts';
import type { Workspace } from './workspace.ts';

/** What {@link NameRecords} works with. */
export interface NameRecordsOptions {
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly keeper: Pick<RuntimeKeeper, 'recordNames'>;
  readonly events: EventEmitter<HostEvents>;
  readonly logger: Logger;
  /** Names that are recorded already, by workspace. */
  readonly recorded: ReadonlyMap<string, ExposedNames>;
}

/**
 * Records the exposed names of tools, so that they survive a restart and whoever comes later.
 *
 * 1. Names are written when some were given, once for all that one turn of the event loop gave.
 * 2. A keeper that cannot be written is told to the log; the names hold for as long as the process lives.
 * 3. Where another replica was first, its names count, and the tools here are renamed.
 */
export class NameRecords {
  readonly #options: NameRecordsOptions;
  /** By workspace and tool id. */
  readonly #recorded = new Map<string, Map<string, string>>();
  readonly #waiting = new Set<Workspace>();

  constructor(options: NameRecordsOptions) {
    this.#options = options;
    for (const [id, names] of options.recorded) this.#recorded.set(id, new Map(Object.entries(names)));
    for (const workspace of options.workspaces.values()) this.#look(workspace);
    options.events.on('catalog:changed', ({ workspace }) => this.#look(options.workspaces.get(workspace)));
  }

  /** The names that are recorded for a workspace. */
  of(workspaceId: string): ExposedNames {
    return Object.fromEntries(this.#recorded.get(workspaceId) ?? []);
  }

  /** Takes over what other replicas recorded. */
  learn(workspaceId: string, given: ExposedNames): void {
    const known = this.#recorded.get(workspaceId);
    const fresh = Object.fromEntries(Object.entries(given).filter(([toolId, name]) => known?.get(toolId) !== name));
    if (Object.keys(fresh).length > 0) this.#hold(workspaceId, fresh);
  }

  /** The names of a workspace went with it. */
  forget(workspaceId: string): void {
    this.#recorded.delete(workspaceId);
  }

  #look(workspace: Workspace | undefined): void {
    if (workspace === undefined || Object.keys(this.#unrecorded(workspace)).length === 0) return;
    if (this.#waiting.size === 0) setImmediate(() => void this.#write());
    this.#waiting.add(workspace);
  }

  async #write(): Promise<void> {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    const { keeper, workspaces, logger } = this.#options;
    try {
      const held = await keeper.recordNames(new Map(waiting.map((one) => [one.id, this.#unrecorded(one)])));
      for (const workspace of waiting) {
        if (workspaces.get(workspace.id) === workspace) this.#hold(workspace.id, held.get(workspace.id) ?? {});
      }
    } catch (cause) {
      logger.error('the names of tools could not be recorded', { workspaces: waiting.map(({ id }) => id), cause });
    }
  }

  #hold(workspaceId: string, names: ExposedNames): void {
    const { workspaces, events } = this.#options;
    const recorded = this.#recorded.get(workspaceId) ?? new Map<string, string>();
    for (const [toolId, name] of Object.entries(names)) recorded.set(toolId, name);
    this.#recorded.set(workspaceId, recorded);
    const workspace = workspaces.get(workspaceId);
    if (workspace?.adoptNames(names) !== true) return;
    events.emit('catalog:changed', { workspace: workspaceId, revision: workspace.revision }); // 3
  }

  #unrecorded(workspace: Workspace): ExposedNames {
    const recorded = this.#recorded.get(workspace.id);
    return Object.fromEntries([...workspace.names.entries()].filter(([id, name]) => recorded?.get(id) !== name));
  }
}
