import { CapstanError } from '@capstan/sdk';
import { afterChange, type RuntimeChange } from './runtime-change.ts';
import type { CommitOptions, ExposedNames, KeptState, RuntimeKeeper } from './runtime-keeper.ts';
import { EMPTY_STATE, type RuntimeState } from './runtime-state.ts';

/** What a {@link MemoryKeeper} begins with, and whom it tells. */
export interface MemoryKeeperOptions {
  readonly kept?: KeptState;
  /** Makes a state durable before it counts. @throws CapstanError where it cannot be kept */
  readonly save?: (kept: KeptState) => void;
}

/** Keeps the state for as long as the process lives; with `save` whatever that does. */
export function memoryKeeper({ kept, save = () => {} }: MemoryKeeperOptions = {}): RuntimeKeeper {
  return new MemoryKeeper(kept ?? { state: EMPTY_STATE, names: new Map() }, save);
}

class MemoryKeeper implements RuntimeKeeper {
  #kept: KeptState;
  readonly #save: (kept: KeptState) => void;

  constructor(kept: KeptState, save: (kept: KeptState) => void) {
    this.#kept = kept;
    this.#save = save;
  }

  async load(): Promise<KeptState> {
    return this.#kept;
  }

  async commit(changes: readonly RuntimeChange[], { author, expectedRevision }: CommitOptions): Promise<RuntimeState> {
    const { state, names } = this.#kept;
    if (state.revision !== expectedRevision) throw changedMeanwhile(expectedRevision, state.revision);
    const changed = changes.reduce((before, change) => afterChange(before, change, author), state);
    const next = { ...changed, revision: state.revision + 1 };
    this.#save({ state: next, names });
    this.#kept = { state: next, names };
    return next;
  }

  async recordNames(wanted: ReadonlyMap<string, ExposedNames>): Promise<ReadonlyMap<string, ExposedNames>> {
    const names = new Map(this.#kept.names);
    for (const [workspace, given] of wanted) names.set(workspace, { ...names.get(workspace), ...given });
    const next = { ...this.#kept, names };
    this.#save(next);
    this.#kept = next;
    return wanted;
  }

  onChange(): () => void {
    return () => {};
  }
}

/** Somebody else changed the state first. */
export function changedMeanwhile(expected: number, actual: number): CapstanError {
  return new CapstanError('CAPSTAN_CONFLICT', `the state changed meanwhile: revision ${actual}, expected ${expected}`, {
    hint: 'Read it again and repeat the change.',
    details: { revision: actual, expected_revision: expected },
  });
}
