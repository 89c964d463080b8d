import { CapstanError } from '@capstan/sdk';
import type { KeyChange, KeyStore, SoughtKey, StoredKey } from './stored-key.ts';

/** Keys of this process alone: those of a settings file, and those of an application that has no database. */
export function memoryKeyStore(initial: readonly StoredKey[] = []): KeyStore {
  const store = new MemoryKeyStore();
  for (const key of initial) store.add(key);
  return store;
}

class MemoryKeyStore implements KeyStore {
  readonly #byPrefix = new Map<string, StoredKey>();
  readonly #listeners = new Set<(change: KeyChange) => void>();

  add(key: StoredKey): void {
    const names = this.#keys().find(({ name }) => name === key.name);
    if (names !== undefined) throw taken(`there is a key named ${key.name} already`);
    const owner = this.#byPrefix.get(key.prefix);
    if (owner !== undefined) throw taken(`the keys ${owner.name} and ${key.name} have the same value`);
    this.#byPrefix.set(key.prefix, key);
  }

  async insert(key: StoredKey): Promise<void> {
    this.add(key);
    this.#tell({ kind: 'added', id: key.id });
  }

  async find({ prefix }: SoughtKey): Promise<StoredKey | undefined> {
    return this.#byPrefix.get(prefix);
  }

  async revoke(id: string, at: number): Promise<StoredKey | undefined> {
    const key = this.#keys().find((each) => each.id === id);
    if (key === undefined) return undefined;
    const revoked = { ...key, revokedAt: key.revokedAt ?? at };
    this.#byPrefix.set(key.prefix, revoked);
    this.#tell({ kind: 'ended', id });
    return revoked;
  }

  async list(): Promise<readonly StoredKey[]> {
    return this.#keys();
  }

  async markUsed(uses: ReadonlyMap<string, number>): Promise<void> {
    for (const key of this.#keys()) {
      const lastUsedAt = uses.get(key.id);
      if (lastUsedAt !== undefined) this.#byPrefix.set(key.prefix, { ...key, lastUsedAt });
    }
  }

  onChange(listener: (change: KeyChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #keys(): readonly StoredKey[] {
    return [...this.#byPrefix.values()];
  }

  #tell(change: KeyChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function taken(message: string): CapstanError {
  return new CapstanError('CAPSTAN_CONFLICT', message, {
    hint: 'Choose another name; a name stays with its key, so that audit records keep their meaning.',
  });
}
