import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '@capstan/sdk';
import { type Caller, callerOf } from './caller.ts';
import { unauthenticated } from './failure.ts';
import type { KeySource, SoughtKey, StoredKey } from './stored-key.ts';

/** A key that fits, and where it came from. */
export interface VerifiedKey {
  readonly caller: Caller;
  readonly source: KeySource;
}

/**
 * The key that a token is, of the first source that has it; undefined where it is none.
 * @throws CapstanError CAPSTAN_UNAUTHENTICATED for one that fits and is over: who holds the whole secret may know that.
 */
export async function verifyKey(
  sources: readonly KeySource[],
  sought: SoughtKey,
  clock: Clock,
): Promise<VerifiedKey | undefined> {
  for (const source of sources) {
    const key = await source.find(sought);
    if (key === undefined || !isSame(key.digest, sought.digest)) continue;
    refuseEnded(key, clock.now());
    return { caller: callerOfKey(key), source };
  }
  return undefined;
}

/** Who holds a key. */
function callerOfKey({ id, name, role, scopes, workspace, expiresAt }: StoredKey): Caller {
  return callerOf({
    kind: 'key',
    id: `key:${name}`,
    role,
    scopes,
    workspaces: workspace === undefined ? 'all' : Object.freeze([workspace]),
    keyId: id,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
}

function refuseEnded({ prefix, expiresAt, revokedAt }: StoredKey, now: number): void {
  if (revokedAt !== undefined) throw unauthenticated(`the key ${prefix} was revoked`, 'Ask an operator for a new key.');
  if (expiresAt === undefined || now < expiresAt) return;
  throw unauthenticated(`the key ${prefix} has expired`, 'Ask an operator for a new key.');
}

function isSame(known: string, shown: string): boolean {
  const [one, other] = [Buffer.from(known, 'hex'), Buffer.from(shown, 'hex')];
  return one.length === other.length && timingSafeEqual(one, other);
}
