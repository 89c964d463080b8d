import { CapstanError } from '@capstan/sdk';
import { digestOf, prefixOf, readToken } from './key-token.ts';
import type { Role, Scope } from './roles.ts';
import type { StoredKey } from './stored-key.ts';

/** A key whose value stands in a file of the operator. */
export interface ChosenKey {
  /** Shown in audit records as `key:{name}`. Unique. */
  readonly name: string;
  readonly role: Role;
  /** Viewers and agents belong to one; default `default`. Operators and admins without one may go everywhere. */
  readonly workspace?: string;
  /** Narrower than the role; absent or empty means all of it. */
  readonly scopes?: readonly Scope[];
  /** In ms since the epoch; absent means never. */
  readonly expiresAt?: number;
  readonly value: string;
}

/** What a bearer token can carry, and long enough not to be guessed over the network. */
const STRONG = /^[!-~]{16,}$/;

/**
 * Keys of a file as keys that are looked up like any others.
 * @throws CapstanError CAPSTAN_CONFIG_INVALID for a value that is empty or too weak, and for two keys of one name or value.
 */
export function chosenKeys(keys: readonly ChosenKey[]): readonly StoredKey[] {
  refuseDoubles(keys);
  return keys.map(({ name, role, workspace, scopes = [], expiresAt, value }) => {
    const digest = digestOf(value);
    const needsHome = role === 'viewer' || role === 'agent';
    return {
      id: `key_config_${name}`,
      name,
      prefix: prefixOf(value, digest),
      digest,
      role,
      scopes,
      workspace: needsHome ? (workspace ?? 'default') : workspace,
      createdAt: 0,
      createdBy: 'system:operator_file',
      expiresAt,
      revokedAt: undefined,
      lastUsedAt: undefined,
    };
  });
}

function refuseDoubles(keys: readonly ChosenKey[]): void {
  const names = new Set<string>();
  const owners = new Map<string, string>();
  for (const { name, value } of keys) {
    if (value.trim() === '') throw unusable(`the key ${name} has an empty value`);
    if (!STRONG.test(value)) {
      throw unusable(`the key ${name} is too weak: a key has at least 16 printable characters, and no spaces`);
    }
    if (readToken(value).kind === 'damaged') {
      throw unusable(`the key ${name} is a key of Capstan that was cut short or changed: its checksum does not fit`);
    }
    if (names.has(name)) throw unusable(`two keys are named ${name}`);
    const owner = owners.get(value);
    if (owner !== undefined) throw unusable(`the keys ${owner} and ${name} have the same value`);
    names.add(name);
    owners.set(value, name);
  }
}

function unusable(message: string): CapstanError {
  return new CapstanError('CAPSTAN_CONFIG_INVALID', message, { hint: 'Correct "keys" in capstan.yaml.' });
}
