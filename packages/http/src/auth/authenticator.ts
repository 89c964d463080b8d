import { CapstanError, type Clock, type Secret, type ToolConnection } from '@capstan/sdk';
import type { HttpAnswer, HttpClient, HttpExchange } from '../types.ts';
import type { AccountEvent, AccountState } from './account-tokens.ts';
import { type AuthMethod, authMethodOf, isOAuth, type OAuthMethod } from './auth-method.ts';
import type { Authenticator, AuthorizationRequest, CredentialUse, ServiceClient } from './authentication.ts';
import { bearer, type Credentials, spendCredentials, withCredentials } from './credentials.ts';
import { OAuthConnections } from './oauth-connections.ts';
import { type Patience, remaining, waitFor } from './patience.ts';
import { PendingAuthorizations } from './pending-authorizations.ts';
import { serviceClient } from './service-client.ts';
import { memoryTokenStore, type TokenStore } from './token-store.ts';

/** What an authenticator is made of. */
export interface AuthenticatorOptions {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Where the grants of users' accounts are kept. Default: in memory. */
  readonly tokens?: TokenStore;
  /** Told when an account begins or ceases to need its owner. */
  readonly onState?: (event: AccountEvent) => void;
}

/** Makes the one authenticator of a host. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return new ConnectionAuthenticator(options);
}

const DEFAULT_PATIENCE_MS = 30_000;

class ConnectionAuthenticator implements Authenticator {
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #methods = new WeakMap<ToolConnection, AuthMethod>();
  readonly #clients = new WeakMap<
    ToolConnection,
    { readonly egress: CredentialUse['egress']; readonly client: ServiceClient }
  >();
  readonly #oauth: OAuthConnections;
  readonly #pending: PendingAuthorizations;
  /** Which token a request went out with. */
  readonly #tokens = new WeakMap<Credentials, Secret>();

  constructor(options: AuthenticatorOptions) {
    const { http, clock, tokens = memoryTokenStore(), onState = () => {} } = options;
    this.#http = http;
    this.#clock = clock;
    this.#oauth = new OAuthConnections({ http, clock, tokens, onState });
    this.#pending = new PendingAuthorizations(clock);
  }

  credentials(
    connection: ToolConnection,
    use: CredentialUse & Partial<Patience> = {},
  ): Credentials | Promise<Credentials> {
    const method = this.#methodOf(connection);
    if (!isOAuth(method)) return spendCredentials(method);
    const { keeper } = this.#oauth.of(connection, method, use.egress);
    const token = keeper.fresh();
    if (token !== undefined) return this.#bearing(token);
    const patience = { timeoutMs: use.timeoutMs ?? DEFAULT_PATIENCE_MS, signal: use.signal };
    return waitFor(keeper.token(), patience).then((fresh) => this.#bearing(fresh));
  }

  refused(connection: ToolConnection, credentials: Credentials): boolean {
    const method = this.#methodOf(connection);
    const token = this.#tokens.get(credentials);
    return (
      isOAuth(method) && token !== undefined && this.#oauth.known(connection, method)?.keeper.refuse(token) === true
    );
  }

  exchange(connection: ToolConnection, exchange: HttpExchange, use: CredentialUse = {}): Promise<HttpAnswer> {
    const method = this.#methodOf(connection);
    if (!isOAuth(method)) return this.#http.exchange(withCredentials(exchange, spendCredentials(method)));
    return this.#exchangeWithToken(connection, exchange, use);
  }

  client(connection: ToolConnection, use: CredentialUse = {}): ServiceClient {
    const known = this.#clients.get(connection);
    if (known !== undefined && known.egress === use.egress) return known.client;
    const client = serviceClient(this.#http, this, { connection, use });
    this.#clients.set(connection, { egress: use.egress, client });
    return client;
  }

  async authorize(
    connection: ToolConnection,
    options: CredentialUse & { readonly redirectUri: string },
  ): Promise<AuthorizationRequest> {
    const { client } = this.#oauth.of(connection, this.#accountMethod(connection), options.egress);
    const begun = await client.begin(options.redirectUri);
    const { expiresAt } = this.#pending.add({ connection, begun, redirectUri: options.redirectUri });
    return { url: begun.url, expiresAt };
  }

  async completeAuthorization(callback: URL): Promise<ToolConnection> {
    const { connection, begun, redirectUri } = this.#pending.take(callback.searchParams.get('state'));
    const known = this.#oauth.of(connection, this.#accountMethod(connection), undefined);
    await known.connect(await known.client.redeem(callback, begun, redirectUri));
    return connection;
  }

  async accountState(connection: ToolConnection, use: CredentialUse = {}): Promise<AccountState> {
    const method = this.#methodOf(connection);
    if (method.kind !== 'oauth2_authorization_code') return { kind: 'connected' };
    const { account } = this.#oauth.of(connection, method, use.egress);
    await account?.look();
    return account?.state ?? { kind: 'unknown' };
  }

  knownAccountState(connection: ToolConnection): AccountState {
    const known = this.#knownOAuth(connection);
    return known?.account?.state ?? { kind: 'unknown' };
  }

  async forget(connection: ToolConnection): Promise<void> {
    this.#pending.forget(connection);
    await this.#oauth.forget(connection);
  }

  tokenExpiresAt(connection: ToolConnection): number | undefined {
    return this.#knownOAuth(connection)?.keeper.expiresAt;
  }

  async #exchangeWithToken(
    connection: ToolConnection,
    exchange: HttpExchange,
    use: CredentialUse,
  ): Promise<HttpAnswer> {
    const startedAt = this.#clock.now();
    const send = async (): Promise<{ answer: HttpAnswer; credentials: Credentials }> => {
      const patience = {
        ...use,
        timeoutMs: remaining(this.#clock, startedAt, exchange.timeoutMs),
        signal: exchange.signal,
      };
      const credentials = await this.credentials(connection, patience);
      const timeoutMs = remaining(this.#clock, startedAt, exchange.timeoutMs);
      const answer = await this.#http.exchange(withCredentials({ ...exchange, timeoutMs }, credentials));
      return { answer, credentials };
    };
    const first = await send();
    if (first.answer.status !== 401 || !this.refused(connection, first.credentials)) return first.answer;
    return (await send()).answer;
  }

  #bearing(token: Secret): Credentials {
    const credentials = bearer(token);
    this.#tokens.set(credentials, token);
    return credentials;
  }

  #methodOf(connection: ToolConnection): AuthMethod {
    const known = this.#methods.get(connection);
    if (known) return known;
    const method = authMethodOf(connection);
    this.#methods.set(connection, method);
    return method;
  }

  #accountMethod(connection: ToolConnection): OAuthMethod {
    const method = this.#methodOf(connection);
    if (method.kind === 'oauth2_authorization_code') return method;
    throw new CapstanError(
      'CAPSTAN_INVALID_REQUEST',
      `Nobody signs in for connection "${connection.id}": its auth is ${connection.auth.type}.`,
      {
        hint: 'Only auth of type oauth2_authorization_code has an account to sign in with.',
      },
    );
  }

  #knownOAuth(connection: ToolConnection): ReturnType<OAuthConnections['known']> {
    try {
      const method = this.#methodOf(connection);
      return isOAuth(method) ? this.#oauth.known(connection, method) : undefined;
    } catch {
      // An auth that cannot be used is reported by whatever uses it.
      return undefined;
    }
  }
}
