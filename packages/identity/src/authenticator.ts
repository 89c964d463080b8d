import type { Clock } from '@capstan/sdk';
import type { Caller } from './caller.ts';
import { mustWait, unauthenticated } from './failure.ts';
import { type Attempt, GuessGuard, type GuessLimits } from './guess-guard.ts';
import { digestOf, prefixOf, readToken } from './key-token.ts';
import { verifyKey } from './key-verifier.ts';
import { RecentMap } from './recent-map.ts';
import type { KeyChange, KeySource } from './stored-key.ts';
import type { TokenVerifier } from './token-verifier.ts';

/*
 * 1. A caller comes out of a credential that was checked, or nothing does: every other way ends in a throw.
 * 2. What was checked counts for RECHECK_MS and no longer than the credential; a change of its key ends it at once. What
 *    is checked while a change arrives is not kept.
 * 3. Each list is bounded.
 * 4. While an address has to wait, only credentials that it had shown with success before are looked at.
 * 5. The timer writes the times of last use, never a request; `close` writes what is left.
 */
const RECHECK_MS = 60_000;
const KNOWN_ENTRIES = 10_000;
const REFUSED_ENTRIES = 1_000;
const REFUSED_MS = 5_000;
const ADDRESSES_OF_A_CREDENTIAL = 8;
const MAX_TOKEN_LENGTH = 16_384;
const FLUSH_MS = 30_000;

/** What {@link Authenticator} takes. */
export interface AuthenticatorOptions {
  /** Asked in this order. */
  readonly keys: readonly KeySource[];
  /** For tokens that are no keys, in this order. */
  readonly verifiers?: readonly TokenVerifier[];
  readonly clock?: Clock;
  readonly guessing?: Partial<GuessLimits>;
  /** Hears when a network has to wait: somebody guesses there, or a client has many wrong keys. */
  readonly onWait?: (network: { readonly address: string; readonly waitMs: number }) => void;
  /** Failures that no request hears of: a source that could not write a time of last use. */
  readonly onError?: (error: unknown) => void;
}

interface KnownCaller {
  readonly caller: Caller;
  readonly source: KeySource | undefined;
  readonly until: number;
  /** Those that showed it, newest last. */
  readonly addresses: string[];
  usedAt: number;
  writtenAt: number;
}

/** Knows who a bearer token belongs to. */
export class Authenticator {
  readonly #keys: readonly KeySource[];
  readonly #verifiers: readonly TokenVerifier[];
  readonly #clock: Clock;
  readonly #guard: GuessGuard;
  readonly #onError: (error: unknown) => void;
  readonly #onWait: NonNullable<AuthenticatorOptions['onWait']>;
  readonly #known = new RecentMap<KnownCaller>(KNOWN_ENTRIES);
  readonly #refused = new RecentMap<number>(REFUSED_ENTRIES);
  readonly #subscriptions: readonly (() => void)[];
  readonly #timer: NodeJS.Timeout;
  #changes = 0;

  constructor(options: AuthenticatorOptions) {
    this.#keys = options.keys;
    this.#verifiers = options.verifiers ?? [];
    this.#clock = options.clock ?? Date;
    this.#guard = new GuessGuard(this.#clock, options.guessing);
    this.#onError = options.onError ?? (() => {});
    this.#onWait = options.onWait ?? (() => {});
    this.#subscriptions = this.#keys.map((source) => source.onChange((change) => this.#forget(change)));
    this.#timer = setInterval(() => void this.flush(), FLUSH_MS).unref();
  }

  /**
   * Who showed a token lately, without waiting for anything: undefined says nothing but that {@link authenticate} has to
   * be asked.
   */
  known(token: string, address: string): Caller | undefined {
    const digest = digestOf(token);
    const entry = this.#known.get(digest);
    if (entry === undefined) return undefined;
    const now = this.#clock.now();
    if (now >= entry.until) return undefined;
    if (entry.addresses.at(-1) !== address && !this.#isAccepted(entry, { token, digest, address })) return undefined;
    entry.usedAt = now;
    return entry.caller;
  }

  /**
   * Who shows a token.
   * @param address where the request came from
   * @throws CapstanError CAPSTAN_UNAUTHENTICATED, whatever is wrong; CAPSTAN_RATE_LIMITED for whoever guesses
   */
  async authenticate(token: string | undefined, address: string): Promise<Caller> {
    if (token === undefined) throw unauthenticated('this needs a key');
    if (token.length > MAX_TOKEN_LENGTH) throw unauthenticated('this is too long to be a key');
    const known = this.known(token, address);
    if (known !== undefined) return known;
    const digest = digestOf(token);
    const attempt = { address, digest, prefix: prefixOf(token, digest) };
    const waitMs = this.#guard.waitMs(attempt);
    const before = this.#known.get(digest);
    if (waitMs > 0 && before?.addresses.includes(address) !== true) throw mustWait(waitMs);
    return this.#check(token, attempt);
  }

  /** Writes the times of last use that are not written yet. */
  async flush(): Promise<void> {
    const uses = new Map<KeySource, Map<string, number>>();
    for (const entry of this.#known.values()) {
      const { caller, source, usedAt } = entry;
      if (source === undefined || caller.keyId === undefined || usedAt <= entry.writtenAt) continue;
      entry.writtenAt = usedAt;
      const ofSource = uses.get(source) ?? new Map<string, number>();
      uses.set(source, ofSource.set(caller.keyId, usedAt));
    }
    const writing = [...uses].map(([source, times]) => source.markUsed(times));
    for (const result of await Promise.allSettled(writing)) {
      if (result.status === 'rejected') this.#onError(result.reason);
    }
  }

  /** Ends the timer and writes what is left. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const end of this.#subscriptions) end();
    await this.flush();
  }

  /** A credential comes from another address than the last time: is that one let in? */
  #isAccepted(
    entry: KnownCaller,
    { token, digest, address }: { token: string; digest: string; address: string },
  ): boolean {
    const isNew = !entry.addresses.includes(address);
    if (isNew && this.#guard.waitMs({ address, digest, prefix: prefixOf(token, digest) }) > 0) return false;
    this.#note(entry.addresses, address);
    return true;
  }

  #note(addresses: string[], address: string): void {
    const at = addresses.indexOf(address);
    if (at >= 0) addresses.splice(at, 1);
    addresses.push(address);
    if (addresses.length > ADDRESSES_OF_A_CREDENTIAL) addresses.shift();
  }

  async #check(token: string, attempt: Attempt): Promise<Caller> {
    const { digest } = attempt;
    const changes = this.#changes;
    const found = await this.#find(token, attempt);
    const now = this.#clock.now();
    if (changes === this.#changes) {
      const before = this.#known.get(digest);
      const addresses = [...(before?.addresses ?? [])];
      this.#note(addresses, attempt.address);
      const until = Math.min(now + RECHECK_MS, found.caller.expiresAt);
      this.#known.set(digest, { ...found, until, addresses, usedAt: now, writtenAt: before?.writtenAt ?? 0 });
    }
    return found.caller;
  }

  async #find(token: string, attempt: Attempt): Promise<Pick<KnownCaller, 'caller' | 'source'>> {
    const form = readToken(token).kind;
    if (form === 'damaged') {
      throw unauthenticated('this key is not whole: its checksum does not fit', 'Copy the key again, all of it.');
    }
    const refusedUntil = this.#refused.get(attempt.digest) ?? 0;
    if (this.#clock.now() < refusedUntil) throw this.#refusal(attempt);
    const verifier = form === 'foreign' ? this.#verifiers.find((each) => each.recognises(token)) : undefined;
    if (verifier !== undefined) return { caller: await this.#verified(verifier, token, attempt), source: undefined };
    const key = await verifyKey(this.#keys, attempt, this.#clock);
    if (key !== undefined) return key;
    this.#refused.set(attempt.digest, this.#clock.now() + REFUSED_MS);
    throw this.#refusal(attempt);
  }

  async #verified(verifier: TokenVerifier, token: string, attempt: Attempt): Promise<Caller> {
    const verdict = await verifier.verify(token);
    if (verdict.kind === 'valid') return verdict.caller;
    if (verdict.isGuess) this.#failed(attempt);
    throw verdict.error;
  }

  /** The same for a key that does not exist and for one with another secret. */
  #refusal(attempt: Attempt): Error {
    const waitMs = this.#failed(attempt);
    return waitMs > 0 ? mustWait(waitMs) : unauthenticated('this key is not valid here');
  }

  #failed(attempt: Attempt): number {
    const waitMs = this.#guard.failed(attempt);
    if (waitMs > 0) this.#onWait({ address: attempt.address, waitMs });
    return waitMs;
  }

  #forget(change: KeyChange): void {
    this.#changes += 1;
    this.#refused.clear();
    // What is dropped below takes its time of last use along.
    void this.flush();
    if (change.kind === 'all') this.#known.clear();
    else this.#known.deleteWhere(({ caller }) => caller.keyId === change.id);
  }
}

const SCHEME = 'Bearer ';

/** The token of an `Authorization` header (RFC 6750, 2.1); undefined for a header that has none. */
export function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  // As nearly every client writes it; the expression below costs as much as all the rest of a check.
  const isPlain = authorization.startsWith(SCHEME) && authorization.length > SCHEME.length;
  if (isPlain && !authorization.includes(' ', SCHEME.length)) return authorization.slice(SCHEME.length);
  return /^Bearer +([^\s]+) *$/i.exec(authorization)?.[1];
}
