import type { StoredKey } from '../entities/api-key.ts';
import type { KeyDirectory } from '../key-directory.ts';
import type { MemoryCollection } from './memory-collection.ts';

/** Finds keys by looking at all of them: in memory there are few. */
export function memoryKeyDirectory(keys: MemoryCollection<StoredKey, Pick<StoredKey, 'id'>>): KeyDirectory {
  return {
    findByHash: async (hash) => (await keys.list()).find((key) => key.hash === hash),
    findByPrefix: async (prefix) => (await keys.list()).filter((key) => key.prefix === prefix),
    async touch(uses) {
      for (const [id, at] of uses) {
        keys.amend({ id }, (key) => ({ ...key, lastUsedAt: Math.max(at, key.lastUsedAt ?? 0) }));
      }
    },
  };
}
