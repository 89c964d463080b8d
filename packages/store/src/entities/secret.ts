/** A secret, or where it is kept. Nothing here can be read without the master key. */
export interface StoredSecret {
  /** Absent: a secret of the whole host. */
  readonly workspace?: string;
  readonly name: string;
  readonly value: StoredSecretValue;
  readonly setAt: number;
  readonly setBy: string;
}

export type StoredSecretValue =
  /** Encrypted here: the data key's id (`dek_…`) and the envelope in base64; see the vault. */
  | { readonly kind: 'encrypted'; readonly dataKey: string; readonly envelope: string }
  /** Kept elsewhere: a {@link SecretProvider}'s name, and what it finds the secret by. */
  | { readonly kind: 'external'; readonly provider: string; readonly reference: string };

/** The key under which the secrets of one workspace are encrypted, itself encrypted under a master key. */
export interface StoredDataKey {
  /** `dek_…` */
  readonly id: string;
  /** Absent: for secrets of the whole host. */
  readonly workspace?: string;
  /** The master key's fingerprint. */
  readonly masterKey: string;
  /** The envelope in base64. */
  readonly envelope: string;
  readonly createdAt: number;
}
