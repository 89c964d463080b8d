import { createHash, timingSafeEqual } from 'node:crypto';
import { createSecret } from '@capstan/schema';
import { CapstanError, type Principal, type Secret } from '@capstan/sdk';

/** A key that opens the server. */
export interface ServerKey {
  /** Shown in audit records as `key:{name}`. Unique. */
  readonly name: string;
  /** `agent`: calls tools in one workspace. `admin`: everything, everywhere. */
  readonly role: 'agent' | 'admin';
  /** Of an agent key. Default `default`. */
  readonly workspace?: string;
  readonly value: string;
}

/** Who a request comes from. */
export interface Caller {
  readonly principal: Principal;
  readonly role: ServerKey['role'];
  /** The one workspace of an agent key; an admin key has none. */
  readonly workspace: string | undefined;
}

interface RingEntry {
  readonly digest: Buffer;
  readonly caller: Caller;
}

/**
 * Knows who a bearer token belongs to. Holds digests alone.
 *
 * 1. Every key is compared, in constant time, whichever fits: the time of an answer tells nothing about a key.
 * 2. No key, no caller: there is no anonymous one to fall through to.
 */
export class KeyRing {
  readonly #entries: readonly RingEntry[];
  /** Held so that the values stay masked in everything that is logged. */
  readonly #masked: readonly Secret[];

  /** @throws CapstanError CAPSTAN_CONFIG_INVALID for a value that is empty or too weak, and for two keys of one name or value. */
  constructor(keys: readonly ServerKey[]) {
    refuseDoubles(keys);
    this.#entries = keys.map((key) => ({ digest: digestOf(key.value), caller: callerOf(key) }));
    this.#masked = keys.map((key) => createSecret(key.value));
  }

  get size(): number {
    return this.#masked.length;
  }

  /** The caller of a token; undefined where no key fits. */
  find(token: string): Caller | undefined {
    const digest = digestOf(token);
    let found: Caller | undefined;
    for (const entry of this.#entries) if (timingSafeEqual(entry.digest, digest)) found = entry.caller;
    return found;
  }
}

function callerOf({ name, role, workspace }: ServerKey): Caller {
  const principal: Principal = Object.freeze({ id: `key:${name}`, roles: Object.freeze([role]), permissions: [] });
  return { principal, role, workspace: role === 'agent' ? (workspace ?? 'default') : undefined };
}

function digestOf(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}

/** What a bearer token can carry, and long enough not to be guessed over the network. */
const STRONG = /^[!-~]{16,}$/;

function refuseDoubles(keys: readonly ServerKey[]): void {
  const names = new Set<string>();
  const owners = new Map<string, string>();
  for (const { name, value } of keys) {
    if (value.trim() === '') throw unusable(`the key ${name} has an empty value`);
    if (!STRONG.test(value)) {
      throw unusable(`the key ${name} is too weak: a key has at least 16 printable characters, and no spaces`);
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
