import type { Logger } from '@capstan/sdk';
import type { SecretVault, Store, StoredState } from '@capstan/store';
import { afterChange, type RuntimeChange } from './runtime-change.ts';
import type { CommitOptions, ExposedNames, KeptState, RuntimeKeeper } from './runtime-keeper.ts';
import { EMPTY_STATE, type RuntimeState } from './runtime-state.ts';
import { readStoredState } from './stored-state.ts';
import { writeChange } from './write-change.ts';

/** What a {@link storeKeeper} works with. */
export interface StoreKeeperOptions {
  readonly store: Store;
  readonly vault: SecretVault;
  readonly logger: Logger;
}

/** Keeps the state in a store, secrets in a vault; several hosts may share them. */
export function storeKeeper(options: StoreKeeperOptions): RuntimeKeeper {
  return new StoreKeeper(options);
}

/**
 * 1. `#kept` is what the store held at its revision. What a change of our own makes of it is worked out, not read.
 * 2. Secrets are revealed for what is new since: everything else has the objects that it had.
 */
class StoreKeeper implements RuntimeKeeper {
  readonly #options: StoreKeeperOptions;
  readonly #listeners = new Set<() => void>();
  #kept: KeptState = { state: EMPTY_STATE, names: new Map() };
  #stored: StoredState | undefined;

  constructor(options: StoreKeeperOptions) {
    this.#options = options;
  }

  async load(): Promise<KeptState> {
    const { store, vault, logger } = this.#options;
    if (this.#stored !== undefined && (await store.revision()) === this.#kept.state.revision) return this.#kept;
    const stored = await store.snapshot();
    const before = this.#stored === undefined ? undefined : { stored: this.#stored, state: this.#kept.state };
    const state = await readStoredState(stored, { vault, logger, ...(before === undefined ? {} : { before }) });
    this.#stored = stored;
    this.#kept = { state, names: namesOf(stored) };
    return this.#kept;
  }

  async commit(changes: readonly RuntimeChange[], options: CommitOptions): Promise<RuntimeState> {
    const { store, vault } = this.#options;
    const { author, expectedRevision } = options;
    const { revision } = await store.change(
      async (writer) => {
        for (const change of changes) await writeChange(change, { writer, vault, author });
      },
      { expectedRevision },
    );
    const { state, names } = this.#kept;
    if (state.revision !== expectedRevision) return (await this.load()).state;
    const changed = changes.reduce((before, change) => afterChange(before, change, author), state);
    this.#kept = { state: { ...changed, revision }, names }; // 1
    return this.#kept.state;
  }

  async recordNames(wanted: ReadonlyMap<string, ExposedNames>): Promise<ReadonlyMap<string, ExposedNames>> {
    const { result, revision } = await this.#options.store.change(async (writer) => {
      const claimed = new Map<string, ExposedNames>();
      for (const [workspace, names] of wanted) {
        const { names: held, taken } = await writer.claimNames(workspace, names);
        const others = Object.entries(taken).map(([toolId, holder]) => [holder, names[toolId] ?? '']);
        claimed.set(workspace, { ...Object.fromEntries(others), ...held });
      }
      return claimed;
    });
    this.#learn(result, revision);
    return result;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    const stop = this.#options.store.onChange((change) => {
      if (change.kind === 'state' && change.revision > this.#kept.state.revision) listener();
    });
    return () => {
      this.#listeners.delete(listener);
      stop();
    };
  }

  /** Names of our own are no news, but for the revision. */
  #learn(claimed: ReadonlyMap<string, ExposedNames>, revision: number): void {
    const { state, names } = this.#kept;
    if (revision !== state.revision + 1) return;
    const merged = new Map(names);
    for (const [workspace, held] of claimed) merged.set(workspace, { ...merged.get(workspace), ...held });
    this.#kept = { state: { ...state, revision }, names: merged };
    for (const listener of this.#listeners) listener();
  }
}

function namesOf({ names }: StoredState): ReadonlyMap<string, ExposedNames> {
  const byWorkspace = Map.groupBy(names, ({ workspace }) => workspace);
  return new Map(
    [...byWorkspace].map(([workspace, entries]) => [
      workspace,
      Object.fromEntries(entries.map(({ toolId, name }) => [toolId, name])),
    ]),
  );
}
