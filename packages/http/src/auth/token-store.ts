/**
 * Keeps the grants of users' own accounts, by an opaque key. What it holds opens those accounts: it is kept where only
 * the host can read it, encrypted wherever it outlives the process.
 */
export interface TokenStore {
  load(key: string): Promise<string | undefined>;
  /** Durable when it resolves: a refresh token that was rotated and lost locks the account out. */
  save(key: string, grant: string): Promise<void>;
  remove(key: string): Promise<void>;
}

/** A store that ends with the process. */
export function memoryTokenStore(): TokenStore {
  const grants = new Map<string, string>();
  return {
    load: async (key) => grants.get(key),
    save: async (key, grant) => {
      grants.set(key, grant);
    },
    remove: async (key) => {
      grants.delete(key);
    },
  };
}
