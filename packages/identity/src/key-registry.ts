import { randomBytes as systemRandomBytes } from 'node:crypto';
import { CapstanError, type Clock } from '@capstan/sdk';
import { v7 } from 'uuid';
import { mintToken } from './key-token.ts';
import { isAtLeast, isRole, isScope, isScopeOf, ROLE_SCOPES, type Role, type Scope } from './roles.ts';
import type { KeyStore, StoredKey } from './stored-key.ts';

/** What {@link KeyRegistry} needs. */
export interface KeyRegistryOptions {
  readonly store: KeyStore;
  readonly clock?: Clock;
  readonly randomBytes?: (size: number) => Uint8Array;
  readonly newId?: () => string;
}

/** A key to make. */
export interface NewKey {
  /** Letters, digits and `._-`, at most 64. */
  readonly name: string;
  readonly role: Role;
  /** Narrower than the role; absent or empty means all of it. */
  readonly scopes?: readonly Scope[];
  /** The one that it opens; an admin has none. Absent, for operators and admins alone: all of the host. */
  readonly workspace?: string;
  /** In ms since the epoch; absent means never. */
  readonly expiresAt?: number;
  /** Principal id of whoever makes it. */
  readonly createdBy: string;
}

/** A key that was made just now. */
export interface CreatedKey {
  readonly key: StoredKey;
  /** The only time that anybody sees it. */
  readonly token: string;
}

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

/** Makes, revokes and lists keys. Who may do that is the caller's to check. */
export class KeyRegistry {
  readonly #store: KeyStore;
  readonly #clock: Clock;
  readonly #randomBytes: (size: number) => Uint8Array;
  readonly #newId: () => string;

  constructor({
    store,
    clock = Date,
    randomBytes = systemRandomBytes,
    newId = () => `key_${v7()}`,
  }: KeyRegistryOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#randomBytes = randomBytes;
    this.#newId = newId;
  }

  /** @throws CapstanError CAPSTAN_INVALID_ARGUMENTS for what no key can be, CAPSTAN_CONFLICT for a name that is taken */
  async create(wanted: NewKey): Promise<CreatedKey> {
    const now = this.#clock.now();
    refuseUnfit(wanted, now);
    const { token, prefix, digest } = mintToken(this.#randomBytes);
    const key: StoredKey = {
      id: this.#newId(),
      name: wanted.name,
      prefix,
      digest,
      role: wanted.role,
      scopes: [...new Set(wanted.scopes ?? [])],
      workspace: wanted.workspace,
      createdAt: now,
      createdBy: wanted.createdBy,
      expiresAt: wanted.expiresAt,
      revokedAt: undefined,
      lastUsedAt: undefined,
    };
    await this.#store.insert(key);
    return { key, token };
  }

  /**
   * Ends a key, at once in this process and everywhere with the store's notification. Twice is no error.
   * @throws CapstanError CAPSTAN_NOT_FOUND
   */
  async revoke(id: string): Promise<StoredKey> {
    const revoked = await this.#store.revoke(id, this.#clock.now());
    if (revoked !== undefined) return revoked;
    throw new CapstanError('CAPSTAN_NOT_FOUND', `there is no key ${JSON.stringify(id.slice(0, 64))}`, {
      hint: 'List the keys and take the id of one of them.',
    });
  }

  /** All keys, revoked and expired ones too. */
  list(): Promise<readonly StoredKey[]> {
    return this.#store.list();
  }
}

function refuseUnfit(wanted: NewKey, now: number): void {
  const flaw = flawOf(wanted, now);
  if (flaw === undefined) return;
  throw new CapstanError('CAPSTAN_INVALID_ARGUMENTS', flaw.message, { hint: flaw.hint });
}

interface Flaw {
  readonly message: string;
  readonly hint: string;
}

function flawOf({ name, role, scopes = [], workspace, expiresAt }: NewKey, now: number): Flaw | undefined {
  if (!NAME.test(name)) {
    return {
      message: 'this is no name of a key',
      hint: 'Use letters, digits, dots, dashes and underscores; at most 64.',
    };
  }
  if (!isRole(role)) return { message: 'there is no such role', hint: 'Use viewer, agent, operator or admin.' };
  const foreign = scopes.find((scope) => !isScope(scope) || !isScopeOf(role, scope));
  if (foreign !== undefined) {
    return {
      message: `the role ${role} has no scope ${JSON.stringify(foreign)}`,
      hint: `It has ${ROLE_SCOPES[role].join(', ')} and permission:NAME.`,
    };
  }
  if (workspace === undefined && !isAtLeast(role, 'operator')) {
    return { message: `a key of the role ${role} belongs to a workspace`, hint: 'Name the workspace that it is for.' };
  }
  if (workspace !== undefined && role === 'admin') {
    return { message: 'an admin manages the whole host', hint: 'Make an operator of that workspace.' };
  }
  if (expiresAt !== undefined && !(expiresAt > now)) {
    return { message: 'the key would have expired already', hint: 'Choose a time in the future.' };
  }
  return undefined;
}
