/** A secret under a data key. Nothing here can be read without the master key. */
export interface StoredSecret {
  /** Absent: a secret of the whole host. */
  readonly workspace?: string;
  readonly name: string;
  /** `dek_…`: the data key that encrypted it. */
  readonly dataKey: string;
  /** The envelope in base64; see the vault. */
  readonly envelope: string;
  readonly setAt: number;
  readonly setBy: string;
}

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
