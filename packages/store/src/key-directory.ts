import type { StoredKey } from './entities/api-key.ts';

/** Finds keys by what a caller shows. */
export interface KeyDirectory {
  /** @param hash Of the whole value. */
  findByHash(hash: string): Promise<StoredKey | undefined>;
  /** Several keys may begin alike. */
  findByPrefix(prefix: string): Promise<readonly StoredKey[]>;
  /** Notes when keys were last used; an earlier time than the noted one changes nothing. @param uses Time by key id. */
  touch(uses: ReadonlyMap<string, number>): Promise<void>;
}
