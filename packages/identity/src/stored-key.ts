import type { Role, Scope } from './roles.ts';

/** What is known of a key; nothing in it opens anything. */
export interface StoredKey {
  /** `key_` and a UUIDv7. Keys of capstan.yaml and of a data folder have `key_config_…`. */
  readonly id: string;
  /** Shown in audit records as `key:{name}`. Unique, and never given away again. */
  readonly name: string;
  /** Public: finds the key, and names it to support. */
  readonly prefix: string;
  /** SHA-256 of the token, hexadecimal. Unique. */
  readonly digest: string;
  readonly role: Role;
  /** Narrower than the role; empty means all of it. */
  readonly scopes: readonly Scope[];
  /** The one that it opens; undefined: all of the host. */
  readonly workspace: string | undefined;
  /** In ms since the epoch, as all times here. */
  readonly createdAt: number;
  /** Principal id of whoever made it. */
  readonly createdBy: string;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
  /** Written in batches: up to a minute late. */
  readonly lastUsedAt: number | undefined;
}

/** A change of keys that another replica, or this one, made. */
export type KeyChange =
  | { readonly kind: 'added'; readonly id: string }
  /** Revoked or deleted. An id never comes back. */
  | { readonly kind: 'ended'; readonly id: string }
  /** Anything may have changed: a notification may have been missed. */
  | { readonly kind: 'all' };

/** A token as it is looked for. */
export interface SoughtKey {
  /** The public prefix; for a value that somebody chose, the beginning of its digest. */
  readonly prefix: string;
  readonly digest: string;
}

/** Where keys are looked up. */
export interface KeySource {
  /** The key of a prefix or of a digest, whichever finds faster; revoked and expired ones too. Whether it fits is checked by the asker. */
  find(sought: SoughtKey): Promise<StoredKey | undefined>;
  /** Notes when keys were used last, by id, in ms since the epoch. An unknown id is no error: it was deleted. */
  markUsed(uses: ReadonlyMap<string, number>): Promise<void>;
  /** Tells of each change, this process's own ones too. Returns what ends it. */
  onChange(listener: (change: KeyChange) => void): () => void;
}

/** Where keys are kept. */
export interface KeyStore extends KeySource {
  /** @throws CapstanError CAPSTAN_CONFLICT for a name or prefix that is taken */
  insert(key: StoredKey): Promise<void>;
  /** The key after its revocation; undefined where there is none. One that was revoked before keeps its time. */
  revoke(id: string, at: number): Promise<StoredKey | undefined>;
  /** All keys, revoked and expired ones too, oldest first. */
  list(): Promise<readonly StoredKey[]>;
}
