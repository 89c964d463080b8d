import type { ToolConnection } from '@capstan/sdk';
import type { HttpAnswer, HttpClient, HttpExchange } from '../types.ts';
import type { AccountState } from './account-tokens.ts';
import type { Credentials } from './credentials.ts';
import type { Patience } from './patience.ts';

/** The outward client as one connection uses it: credentials on everything that it sends. */
export type ServiceClient = Pick<HttpClient, 'exchange' | 'stream'>;

/** Where the credentials of a call may go. */
export interface CredentialUse {
  /** The call's egress list; the token endpoint has to be on it, or be the connection's own host. */
  readonly egress?: readonly string[] | undefined;
}

/** A sign-in that waits for its owner's browser. */
export interface AuthorizationRequest {
  /** To be opened in a browser. It holds no secret. */
  readonly url: string;
  readonly expiresAt: number;
}

/**
 * Puts what proves who we are on requests, for the adapter, for pack code's `http`, for everything that calls over a
 * connection. Tokens are got, kept and renewed behind it.
 */
export interface Authenticator {
  /**
   * The credentials of one request, spent now. A promise only where a token has to be got first.
   * @throws CapstanError where there are none; an OAuth token's failure rejects.
   */
  credentials(connection: ToolConnection, use?: CredentialUse & Partial<Patience>): Credentials | Promise<Credentials>;
  /**
   * The service answered 401 to these. True when fresh credentials may fare better: ask for them and send once more.
   */
  refused(connection: ToolConnection, credentials: Credentials): boolean;
  /** Makes an exchange with the connection's credentials; a 401 to a token is tried once more with a new one. */
  exchange(connection: ToolConnection, exchange: HttpExchange, use?: CredentialUse): Promise<HttpAnswer>;
  /** The outward client as this connection uses it; the same one for the same connection and egress list. */
  client(connection: ToolConnection, use?: CredentialUse): ServiceClient;
  /** Begins to connect a user's own account. @throws CapstanError `CAPSTAN_INVALID_REQUEST` for another kind of auth */
  authorize(
    connection: ToolConnection,
    options: CredentialUse & { readonly redirectUri: string },
  ): Promise<AuthorizationRequest>;
  /** What the browser brought back to the redirect URI. @returns the connection that it was begun for */
  completeAuthorization(callback: URL): Promise<ToolConnection>;
  /** Whether the connection's owner has to sign in. Looks into the store the first time. */
  accountState(connection: ToolConnection, use?: CredentialUse): Promise<AccountState>;
  /** What is known of that without looking. */
  knownAccountState(connection: ToolConnection): AccountState;
  /** The connection is gone: its tokens are let go, what its owner granted is removed, and no sign-in waits for it. */
  forget(connection: ToolConnection): Promise<void>;
  /** When the token at hand ends; undefined where there is none. */
  tokenExpiresAt(connection: ToolConnection): number | undefined;
}
