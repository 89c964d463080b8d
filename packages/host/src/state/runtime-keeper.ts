import type { RuntimeChange } from './runtime-change.ts';
import type { Authorship, RuntimeState } from './runtime-state.ts';

/** Exposed names by tool id. */
export type ExposedNames = Readonly<Record<string, string>>;

/** How changes are made. */
export interface CommitOptions {
  readonly author: Authorship;
  /** The change is refused when somebody else made one since. */
  readonly expectedRevision: number;
}

/**
 * Keeps what operators change at run time.
 *
 * 1. Changes of one commit are all there or none; they are durable when `commit` resolves.
 * 2. Listeners hear of what other replicas changed, some time after; several changes may come as one.
 */
export interface RuntimeKeeper {
  load(): Promise<KeptState>;
  /** @returns the state after it. @throws CapstanError CAPSTAN_CONFLICT when the revision is another one by now */
  commit(changes: readonly RuntimeChange[], options: CommitOptions): Promise<RuntimeState>;
  /**
   * Gives tools their names, by workspace. A name belongs to whoever came first, over all replicas.
   * @returns the names that hold, of the tools that were asked for and of those whose names were wanted by others
   */
  recordNames(wanted: ReadonlyMap<string, ExposedNames>): Promise<ReadonlyMap<string, ExposedNames>>;
  /** @returns what ends the listening */
  onChange(listener: () => void): () => void;
}

/** What a keeper holds. */
export interface KeptState {
  readonly state: RuntimeState;
  /** By workspace. */
  readonly names: ReadonlyMap<string, ExposedNames>;
}
