/** An API key. Its value is shown once, when it is made, and stands nowhere. */
export interface StoredKey {
  /** `key_…` */
  readonly id: string;
  readonly name: string;
  /** Its first characters, so that support can tell keys apart. */
  readonly prefix: string;
  /** Of the whole value; SHA-256 in hex is enough for a value that is random. Unique. */
  readonly hash: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** The one workspace that it opens; absent: all of the host. */
  readonly workspace?: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt?: number;
  /** Written by {@link KeyDirectory.touch}. */
  readonly lastUsedAt?: number;
  readonly revokedAt?: number;
  readonly revokedBy?: string;
}
