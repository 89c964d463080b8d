import { spendSecret } from '@capstan/schema';
import { CapstanError, type Clock } from '@capstan/sdk';
import { type Grant, grantOf, isFresh, readGrant, writeGrant } from './grant.ts';
import type { OAuthClient } from './oauth-client.ts';
import { oauthErrorOf } from './token-failure.ts';
import type { Want } from './token-keeper.ts';
import type { TokenStore } from './token-store.ts';

/** Whether a person has to sign in. */
export type AccountState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'needs_reauth'; readonly since: number; readonly reason: string };

/** An account whose state changed. */
export interface AccountEvent {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly state: AccountState;
}

/** What the grant of one account works with. */
export interface AccountOptions {
  /** The connection's id, for messages. */
  readonly connection: string;
  /** In the store. */
  readonly key: string;
  readonly clientId: string;
  readonly client: OAuthClient;
  readonly store: TokenStore;
  readonly clock: Clock;
  readonly onState: (state: AccountState) => void;
}

/**
 * The grant of a user's own account: in the store, renewed by its refresh token.
 *
 * 1. A rotated refresh token is stored before anybody uses the token that came with it.
 * 2. The store is read before every renewal: another process may have rotated it already.
 * 3. A refresh token that the server no longer takes means that its owner has to sign in again; that is a state, not an error alone.
 */
export class AccountTokens {
  readonly #options: AccountOptions;
  #state: AccountState = { kind: 'unknown' };

  constructor(options: AccountOptions) {
    this.#options = options;
  }

  get state(): AccountState {
    return this.#state;
  }

  /** Looks whether there is a grant at all. */
  async look(): Promise<void> {
    if (this.#state.kind !== 'unknown') return;
    const grant = await this.#stored();
    if (grant === undefined) this.#needReauth(NEVER);
    else this.#enter({ kind: 'connected' });
  }

  /** The grant of the store, or a renewed one. @throws CapstanError `CAPSTAN_NEEDS_REAUTH` where a person has to sign in. */
  async obtain(previous: Grant | undefined, want: Want): Promise<Grant> {
    const stored = await this.#stored(); // 2
    if (stored === undefined) throw this.#needReauth(this.#state.kind === 'needs_reauth' ? this.#state.reason : NEVER);
    const isOld = want === 'refused' && isSame(stored, previous);
    if (!isOld && isFresh(stored, this.#options.clock.now())) {
      this.#enter({ kind: 'connected' });
      return stored;
    }
    return this.#renew(stored);
  }

  /** Keeps a grant that its owner has just given. */
  async keep(grant: Grant): Promise<void> {
    const { store, key, clientId } = this.#options;
    await store.save(key, writeGrant(grant, clientId));
    this.#enter({ kind: 'connected' });
  }

  async #renew(stored: Grant): Promise<Grant> {
    const { client, clock, store, key } = this.#options;
    if (stored.refreshToken === undefined) {
      throw this.#needReauth('the access token has ended, and the server gave no refresh token');
    }
    try {
      const answer = await client.refresh(spendSecret(stored.refreshToken));
      const grant = grantOf(answer, clock.now(), stored);
      await this.keep(grant); // 1
      return grant;
    } catch (thrown) {
      if (oauthErrorOf(thrown) !== 'invalid_grant') throw thrown;
      await store.remove(key);
      throw this.#needReauth('the refresh token was refused: it has ended or was revoked', thrown); // 3
    }
  }

  async #stored(): Promise<Grant | undefined> {
    const { store, key, clientId } = this.#options;
    return readGrant(await store.load(key), clientId);
  }

  #needReauth(reason: string, cause?: unknown): CapstanError {
    const { connection, clock } = this.#options;
    if (this.#state.kind !== 'needs_reauth') this.#enter({ kind: 'needs_reauth', since: clock.now(), reason });
    return new CapstanError(
      'CAPSTAN_NEEDS_REAUTH',
      `Somebody has to sign in for connection "${connection}": ${reason}.`,
      {
        hint: `Run "capstan connection authorize ${connection}" and open the address that it prints.`,
        details: { connection, reason },
        cause,
      },
    );
  }

  #enter(state: AccountState): void {
    const before = this.#state.kind;
    this.#state = state;
    if (before !== state.kind) this.#options.onState(state);
  }
}

const NEVER = 'nobody has connected the account yet';

function isSame(grant: Grant, other: Grant | undefined): boolean {
  return other !== undefined && spendSecret(grant.accessToken) === spendSecret(other.accessToken);
}
