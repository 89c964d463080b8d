import type { TokenStore } from '@capstan/host';
import type { SecretVault, Store } from '@capstan/store';

/** What {@link vaultTokens} works with. */
export interface VaultTokensOptions {
  readonly store: Store;
  readonly vault: SecretVault;
  /** Where grants were kept before, and where commands keep them while no server runs. */
  readonly earlier: TokenStore;
  readonly now: () => number;
}

/**
 * Keeps the grants of users' own accounts in the vault, so that every replica has them.
 *
 * 1. A grant that stands only in the earlier place is used from there, until it is renewed.
 * 2. A grant decides nothing about how a host behaves: its change raises no revision.
 */
export function vaultTokens({ store, vault, earlier, now }: VaultTokensOptions): TokenStore {
  return {
    load: async (key) => (await vault.reveal(placeOf(key))) ?? earlier.load(key),
    save: async (key, grant) => {
      const author = { setAt: now(), setBy: 'system:oauth' };
      await store.change((writer) => vault.put(writer, placeOf(key), grant, author), { isQuiet: true });
      await earlier.remove(key);
    },
    remove: async (key) => {
      await store.change((writer) => vault.remove(writer, placeOf(key)), { isQuiet: true });
      await earlier.remove(key);
    },
  };
}

function placeOf(key: string): { readonly name: string } {
  return { name: `grant/${key}` };
}
