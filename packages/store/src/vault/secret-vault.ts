import type { StoreWriter } from '../store.ts';

/** Where a secret belongs. */
export interface SecretPlace {
  /** Absent: to the whole host. */
  readonly workspace?: string;
  readonly name: string;
}

/** Who sets a secret, and when (ms since 1970). */
export interface SecretAuthor {
  readonly setAt: number;
  readonly setBy: string;
}

/** What may be shown of a secret. */
export interface SecretView extends SecretPlace, SecretAuthor {
  readonly kind: 'encrypted' | 'external';
}

/**
 * Keeps secrets.
 *
 * 1. A value is encrypted before it leaves this process, under a data key of its workspace, which is encrypted under the
 *    master key. Neither stands in an error, a log or a view.
 * 2. Writing is part of a change of the store: what refers to a secret and the secret are there together or not at all.
 */
export interface SecretVault {
  /** Sets or replaces a secret. */
  put(writer: StoreWriter, place: SecretPlace, value: string, author: SecretAuthor): Promise<void>;
  /** Sets a secret that a provider keeps. @throws CapstanError CAPSTAN_INVALID_REQUEST for a provider that is unknown. */
  refer(
    writer: StoreWriter,
    place: SecretPlace,
    external: { readonly provider: string; readonly reference: string },
    author: SecretAuthor,
  ): Promise<void>;
  /** Whether there was one. */
  remove(writer: StoreWriter, place: SecretPlace): Promise<boolean>;
  /**
   * The value, for whoever spends it.
   * @throws CapstanError CAPSTAN_CONFIG_INVALID when it cannot be decrypted, CAPSTAN_STORE_UNAVAILABLE when a provider fails.
   */
  reveal(place: SecretPlace): Promise<string | undefined>;
  /** @param filter Without `workspace`: of all workspaces and the host. */
  list(filter?: { readonly workspace?: string }): Promise<readonly SecretView[]>;
  /**
   * Sees to it that every data key opens with one of the master keys.
   * @throws CapstanError CAPSTAN_CONFIG_INVALID naming the fingerprint of the one that is missing.
   */
  check(): Promise<void>;
  /** Encrypts every data key under the current master key. @returns how many were under another one. */
  rotateMasterKey(): Promise<number>;
  /** Gives a workspace (or the host) a new data key and encrypts its secrets anew. @returns how many. */
  rotateDataKey(workspace: string | undefined): Promise<number>;
}
