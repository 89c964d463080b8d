import type { Store } from '../store.ts';

/** Opens an empty store. The caller closes what it opens. */
export type OpenStore = () => Promise<Store>;

/** Runs a test on a store of its own. */
export function withStore(open: OpenStore, test: (store: Store) => Promise<void>): () => Promise<void> {
  return async () => {
    const store = await open();
    try {
      await test(store);
    } finally {
      await store.close();
    }
  };
}
