import { isRole, isScope, type KeyChange, type KeyStore, type SoughtKey, type StoredKey } from '@capstan/identity';
import { CapstanError } from '@capstan/sdk';
import type { Store, StoreWriter } from '@capstan/store';

type Row = Awaited<ReturnType<StoreWriter['keys']['list']>>[number];

/**
 * The keys of a store, as the authenticator looks for them.
 *
 * 1. A change made through here is told before it resolves; one of another replica when the store tells of its revision.
 * 2. The store tells that something changed, not what: then everything is checked anew, and keys that were ended since
 *    are told one by one, so that their sessions end.
 */
export function storeKeys(store: Store, onError: (error: unknown) => void): KeyStore {
  const listeners = new Set<(change: KeyChange) => void>();
  const ended = new Set<string>();
  const tell = (change: KeyChange): void => {
    for (const listener of listeners) listener(change);
  };
  const tellEnded = async (): Promise<void> => {
    for (const { id, revokedAt } of await store.read.keys.list()) {
      if (revokedAt === undefined || ended.has(id)) continue;
      ended.add(id);
      tell({ kind: 'ended', id });
    }
  };
  store.onChange((change) => {
    if (change.kind !== 'state') return;
    tell({ kind: 'all' });
    tellEnded().catch(onError);
  });
  tellEnded().catch(onError);
  return {
    find: async ({ digest }: SoughtKey) => {
      const row = await store.keyDirectory.findByHash(digest);
      return row === undefined ? undefined : keyOf(row);
    },
    markUsed: (uses) => store.keyDirectory.touch(uses),
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    insert: async (key) => {
      await store.change(async ({ keys }) => {
        if ((await keys.list()).some(({ name }) => name === key.name)) throw nameTaken(key.name);
        await keys.insert(rowOf(key));
      });
      tell({ kind: 'added', id: key.id });
    },
    revoke: async (id, at) => {
      const { result } = await store.change(async ({ keys }) => {
        const row = await keys.get({ id });
        if (row === undefined || row.revokedAt !== undefined) return row;
        const revoked = { ...row, revokedAt: at };
        await keys.put(revoked);
        return revoked;
      });
      ended.add(id);
      tell({ kind: 'ended', id });
      return result === undefined ? undefined : keyOf(result);
    },
    list: async () => (await store.read.keys.list()).map(keyOf),
  };
}

function keyOf(row: Row): StoredKey {
  const role = row.roles.find(isRole);
  if (role === undefined) throw unusable(row, 'has no role that is known here');
  // Dropping one would widen the key: without any, it has all that its role has.
  const scopes = row.scopes.filter(isScope);
  if (scopes.length < row.scopes.length) throw unusable(row, 'has a scope that is not known here');
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    digest: row.hash,
    role,
    scopes,
    workspace: row.workspace,
    createdAt: row.createdAt,
    createdBy: row.createdBy,
    expiresAt: row.expiresAt,
    revokedAt: row.revokedAt,
    lastUsedAt: row.lastUsedAt,
  };
}

function unusable({ id }: Row, flaw: string): CapstanError {
  return new CapstanError('CAPSTAN_CONFIG_INVALID', `the key ${id} ${flaw}`, {
    hint: 'Revoke it and make another one.',
  });
}

function rowOf(key: StoredKey): Row {
  const { digest, role, workspace, expiresAt, revokedAt, lastUsedAt, ...same } = key;
  return {
    ...same,
    hash: digest,
    roles: [role],
    ...(workspace === undefined ? {} : { workspace }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(revokedAt === undefined ? {} : { revokedAt }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
  };
}

function nameTaken(name: string): CapstanError {
  return new CapstanError('CAPSTAN_CONFLICT', `there is a key named ${name} already`, {
    hint: 'Choose another name; a name stays with its key, so that audit records keep their meaning.',
  });
}
