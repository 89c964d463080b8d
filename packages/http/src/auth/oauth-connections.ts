import { createHash } from 'node:crypto';
import type { Clock, ToolConnection } from '@capstan/sdk';
import type { HttpClient } from '../types.ts';
import { type AccountEvent, AccountTokens } from './account-tokens.ts';
import { type OAuthMethod, spend } from './auth-method.ts';
import { grantOf, type TokenAnswer } from './grant.ts';
import { OAuthClient } from './oauth-client.ts';
import { TokenKeeper } from './token-keeper.ts';
import type { TokenStore } from './token-store.ts';

/** What is kept of one connection that authenticates with tokens. */
export interface OAuthConnection {
  readonly client: OAuthClient;
  readonly keeper: TokenKeeper;
  /** Only for a user's own account. */
  readonly account: AccountTokens | undefined;
  /** Takes the tokens that a sign-in brought. */
  connect(answer: TokenAnswer): Promise<void>;
}

interface Entry extends OAuthConnection {
  readonly settings: string;
}

/** What all of them share. */
export interface OAuthConnectionsOptions {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly tokens: TokenStore;
  readonly onState: (event: AccountEvent) => void;
}

/**
 * One entry for each connection of a workspace, whatever object it comes as: two entries would use one refresh token
 * twice, which servers take for a theft. Other settings make another entry.
 */
export class OAuthConnections {
  readonly #options: OAuthConnectionsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #byIdentity = new WeakMap<ToolConnection, Entry>();

  constructor(options: OAuthConnectionsOptions) {
    this.#options = options;
  }

  /** The entry, made where there is none. The first caller's egress list counts, with the connection's own host. */
  of(connection: ToolConnection, method: OAuthMethod, egress: readonly string[] | undefined): OAuthConnection {
    const known = this.known(connection, method);
    if (known) return known;
    const entry = this.#make(connection, method, egress);
    this.#entries.set(keyOf(connection), entry);
    this.#byIdentity.set(connection, entry);
    return entry;
  }

  known(connection: ToolConnection, method: OAuthMethod): OAuthConnection | undefined {
    const identical = this.#byIdentity.get(connection);
    if (identical) return identical;
    const entry = this.#entries.get(keyOf(connection));
    if (entry === undefined || entry.settings !== digestOf(connection, method)) return undefined;
    this.#byIdentity.set(connection, entry);
    return entry;
  }

  /** Lets the tokens of a connection go, those of the store too. */
  async forget(connection: ToolConnection): Promise<void> {
    this.#entries.delete(keyOf(connection));
    await this.#options.tokens.remove(keyOf(connection));
  }

  #make(connection: ToolConnection, method: OAuthMethod, egress: readonly string[] | undefined): Entry {
    const { http, clock, tokens, onState } = this.#options;
    const { id, workspaceId } = connection;
    const own = ownHostOf(connection);
    const allowed = [...(egress ?? []), ...(own === undefined ? [] : [own])];
    const client = new OAuthClient(http, { connection: id, method, egress: allowed, ownHost: plainHostOf(connection) });
    const settings = digestOf(connection, method);
    if (method.kind === 'oauth2_client_credentials') {
      const keeper = new TokenKeeper({
        clock,
        obtain: async () => grantOf(await client.clientCredentials(), clock.now()),
      });
      return { client, keeper, account: undefined, settings, connect: () => Promise.resolve() };
    }
    const account = new AccountTokens({
      connection: id,
      key: keyOf(connection),
      clientId: method.clientId,
      client,
      store: tokens,
      clock,
      onState: (state) => onState({ workspaceId, connectionId: id, state }),
    });
    const keeper = new TokenKeeper({ clock, obtain: (previous, want) => account.obtain(previous, want) });
    const connect = async (answer: TokenAnswer): Promise<void> => {
      const grant = grantOf(answer, clock.now());
      await account.keep(grant);
      keeper.accept(grant);
    };
    return { client, keeper, account, settings, connect };
  }
}

function keyOf({ workspaceId, id }: ToolConnection): string {
  return `${workspaceId}/${id}`;
}

/** Tells settings apart, client secrets too, without keeping one. */
function digestOf(connection: ToolConnection, method: OAuthMethod): string {
  const { clientSecret, ...rest } = method;
  const secret = clientSecret === undefined ? '' : spend(clientSecret);
  const parts = [rest, secret, baseUrlOf(connection)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

function ownHostOf(connection: ToolConnection): string | undefined {
  return URL.parse(baseUrlOf(connection))?.hostname;
}

/** The own host, where its calls go over plain http. */
function plainHostOf(connection: ToolConnection): string | undefined {
  const url = URL.parse(baseUrlOf(connection));
  return url?.protocol === 'http:' ? url.hostname : undefined;
}

function baseUrlOf({ remoteClusterUrl, config }: ToolConnection): string {
  return remoteClusterUrl ?? (typeof config.base_url === 'string' ? config.base_url : '');
}
