import { CapstanError, type Clock, isCapstanError, type Secret } from '@capstan/sdk';
import { type Grant, isFresh } from './grant.ts';

/** Why a grant is wanted although there may be one. */
export type Want = 'none_is_fresh' | 'refused';

/** What a {@link TokenKeeper} works with. */
export interface TokenKeeperOptions {
  readonly clock: Clock;
  /** Gets a grant. @throws CapstanError */
  readonly obtain: (previous: Grant | undefined, want: Want) => Promise<Grant>;
}

const HOLD_MS = 1_000;
const MAX_HOLD_MS = 30_000;
/** A service that refuses a token made because it refused one wants something else than a token. */
const REFUSAL_HOLD_MS = 30_000;

/**
 * The token of one connection.
 *
 * 1. At most one request for a token is under way, however many wait for it; none of them owns it.
 * 2. After a failure nobody asks for a while (1 s, doubling, up to 30 s): they get the failure.
 * 3. A token that a service refused is dropped once; one made in its place is not, for 30 s.
 */
export class TokenKeeper {
  readonly #options: TokenKeeperOptions;
  #grant: Grant | undefined;
  #refused: Grant | undefined;
  #pending: Promise<Grant> | undefined;
  #madeAfterRefusal = false;
  #failure: { readonly error: CapstanError; readonly until: number; readonly inARow: number } | undefined;

  constructor(options: TokenKeeperOptions) {
    this.#options = options;
  }

  /** The token, where there is one that needs nobody else. */
  fresh(): Secret | undefined {
    const grant = this.#grant;
    return grant !== undefined && isFresh(grant, this.#options.clock.now()) ? grant.accessToken : undefined;
  }

  /** The token, got first where that is needed. @throws CapstanError */
  async token(): Promise<Secret> {
    const token = this.fresh();
    if (token !== undefined) return token;
    this.#refuseWhileHeld();
    this.#pending ??= this.#obtain().finally(() => {
      this.#pending = undefined;
    }); // 1
    return (await this.#pending).accessToken;
  }

  /** A service refused this token. @returns Whether another one may fare better. */
  refuse(token: Secret): boolean {
    const grant = this.#grant;
    if (grant === undefined || grant.accessToken !== token) return true;
    const age = this.#options.clock.now() - grant.obtainedAt;
    if (this.#madeAfterRefusal && age < REFUSAL_HOLD_MS) return false; // 3
    this.#refused = grant;
    this.#grant = undefined;
    return true;
  }

  /** Takes a grant that came another way. */
  accept(grant: Grant): void {
    this.#grant = grant;
    this.#refused = undefined;
    this.#failure = undefined;
    this.#madeAfterRefusal = false;
  }

  get expiresAt(): number | undefined {
    return this.#grant?.expiresAt;
  }

  async #obtain(): Promise<Grant> {
    try {
      const refused = this.#refused;
      const grant = await this.#options.obtain(
        refused ?? this.#grant,
        refused === undefined ? 'none_is_fresh' : 'refused',
      );
      this.accept(grant);
      this.#madeAfterRefusal = refused !== undefined;
      return grant;
    } catch (thrown) {
      this.#hold(thrown);
      throw thrown;
    }
  }

  #refuseWhileHeld(): void {
    const held = this.#failure;
    const waitMs = held === undefined ? 0 : held.until - this.#options.clock.now();
    if (held === undefined || waitMs <= 0) return;
    const { code, message, hint, retriable, details, cause } = held.error;
    throw new CapstanError(code, message, { hint, retriable, details: { ...details, retry_after_ms: waitMs }, cause });
  }

  #hold(thrown: unknown): void {
    if (!isCapstanError(thrown)) return;
    const now = this.#options.clock.now();
    const inARow = (this.#failure?.inARow ?? 0) + 1;
    const until = now + Math.min(MAX_HOLD_MS, HOLD_MS * 2 ** (inARow - 1)); // 2
    this.#failure = { error: thrown, until, inARow };
  }
}
