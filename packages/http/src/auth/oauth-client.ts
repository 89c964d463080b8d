import { isIP } from 'node:net';
import { CapstanError } from '@capstan/sdk';
import * as oauth from 'oauth4webapi';
import type { HttpClient } from '../types.ts';
import { type OAuthMethod, spend } from './auth-method.ts';
import type { TokenAnswer } from './grant.ts';
import { guardedFetch } from './http-fetch.ts';
import { tokenFailure } from './token-failure.ts';

/** Whose token it is about. */
export interface OAuthParty {
  /** The connection's id, for messages. */
  readonly connection: string;
  readonly method: OAuthMethod;
  /** The hosts whose token endpoint may be asked. */
  readonly egress: readonly string[];
  /** The connection's own host: what is good enough in plain http for its calls is for its tokens. */
  readonly ownHost: string | undefined;
}

/** An authorization that was begun: what must still be known when the browser comes back. */
export interface BegunAuthorization {
  readonly url: string;
  readonly state: string;
  readonly verifier: string;
}

/** How long one request to an authorization server may take. Many calls may be waiting for it, none of which owns it. */
const TOKEN_TIMEOUT_MS = 15_000;

/** Speaks OAuth 2.0 for one connection. Rejects with a CapstanError. */
export class OAuthClient {
  readonly #party: OAuthParty;
  readonly #client: oauth.Client;
  readonly #fetch: ReturnType<typeof guardedFetch>;
  #metadata: Promise<oauth.AuthorizationServer> | undefined;

  constructor(http: HttpClient, party: OAuthParty) {
    this.#party = party;
    this.#client = { client_id: party.method.clientId };
    this.#fetch = guardedFetch(http, party.egress, TOKEN_TIMEOUT_MS);
  }

  /** RFC 6749, section 4.4. */
  clientCredentials(): Promise<TokenAnswer> {
    return this.#ask(async (server, options) => {
      const { scope } = this.#party.method;
      const parameters = new URLSearchParams({ ...(scope === '' ? {} : { scope }), ...this.#target() });
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        this.#client,
        this.#authentication(),
        parameters,
        options,
      );
      return oauth.processClientCredentialsResponse(server, this.#client, response);
    });
  }

  /** RFC 6749, section 6. */
  refresh(refreshToken: string): Promise<TokenAnswer> {
    return this.#ask(async (server, options) => {
      const response = await oauth.refreshTokenGrantRequest(
        server,
        this.#client,
        this.#authentication(),
        refreshToken,
        { ...options, additionalParameters: this.#target() },
      );
      return oauth.processRefreshTokenResponse(server, this.#client, response);
    });
  }

  /** Where a person's browser goes to (RFC 6749, section 4.1.1, with RFC 7636 and RFC 8707). */
  async begin(redirectUri: string): Promise<BegunAuthorization> {
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const server = await this.#server().catch((thrown: unknown) => {
      throw tokenFailure(thrown, this.#names());
    });
    const endpoint = server.authorization_endpoint;
    if (endpoint === undefined) {
      throw new CapstanError('CAPSTAN_CONFIG_INVALID', `${server.issuer} names no authorization endpoint.`, {
        hint: 'Set authorization_url of the connection.',
      });
    }
    const { scope } = this.#party.method;
    const url = new URL(endpoint);
    const parameters = {
      response_type: 'code',
      client_id: this.#client.client_id,
      redirect_uri: redirectUri,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(scope === '' ? {} : { scope }),
      ...this.#target(),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { url: url.href, state, verifier };
  }

  /** What the browser brought back, exchanged for tokens (RFC 6749, section 4.1.3; RFC 9207). */
  redeem(callback: URL, begun: BegunAuthorization, redirectUri: string): Promise<TokenAnswer> {
    return this.#ask(async (server, options) => {
      const answer = new URLSearchParams(callback.search);
      // Without configured metadata there is no issuer that it could be compared with.
      if (this.#party.method.issuer === undefined) answer.delete('iss');
      const parameters = oauth.validateAuthResponse(server, this.#client, answer, begun.state);
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        this.#client,
        this.#authentication(),
        parameters,
        redirectUri,
        begun.verifier,
        { ...options, additionalParameters: this.#target() },
      );
      return oauth.processAuthorizationCodeResponse(server, this.#client, response);
    });
  }

  async #ask(
    request: (server: oauth.AuthorizationServer, options: RequestOptions) => Promise<oauth.TokenEndpointResponse>,
  ): Promise<TokenAnswer> {
    try {
      const server = await this.#server();
      const answer = await request(server, this.#options(server.token_endpoint));
      return {
        accessToken: answer.access_token,
        refreshToken: answer.refresh_token,
        expiresInSeconds: answer.expires_in,
      };
    } catch (thrown) {
      throw tokenFailure(thrown, this.#names());
    }
  }

  /** Its metadata, asked for once; a failure is not kept. */
  #server(): Promise<oauth.AuthorizationServer> {
    if (this.#metadata) return this.#metadata;
    const asked = this.#discover();
    this.#metadata = asked;
    asked.catch(() => {
      this.#metadata = undefined;
    });
    return asked;
  }

  async #discover(): Promise<oauth.AuthorizationServer> {
    const { issuer, tokenUrl, authorizationUrl } = this.#party.method;
    const own = {
      ...(tokenUrl === undefined ? {} : { token_endpoint: tokenUrl }),
      ...(authorizationUrl === undefined ? {} : { authorization_endpoint: authorizationUrl }),
    };
    if (issuer === undefined) return { issuer: new URL(tokenUrl ?? '').origin, ...own };
    const url = new URL(issuer);
    const found = await this.#metadataAt(url, 'oauth2'); // RFC 8414
    const response = found.status === 404 ? await this.#metadataAt(url, 'oidc') : found;
    return { ...(await oauth.processDiscoveryResponse(url, response)), ...own };
  }

  #metadataAt(issuer: URL, algorithm: 'oauth2' | 'oidc'): Promise<Response> {
    return oauth.discoveryRequest(issuer, { algorithm, ...this.#options(issuer.href) });
  }

  #options(url: string | undefined): RequestOptions {
    return {
      [oauth.customFetch]: (target: string, options: FetchOptions) => this.#fetch(target, options),
      [oauth.allowInsecureRequests]: url !== undefined && this.#mayBePlain(new URL(url).hostname),
    };
  }

  /** Client secrets travel over plain http only inside this machine, or where the connection's own calls do. */
  #mayBePlain(hostname: string): boolean {
    if (hostname === this.#party.ownHost || hostname === 'localhost' || hostname === '[::1]') return true;
    return isIP(hostname) === 4 && hostname.startsWith('127.');
  }

  #authentication(): oauth.ClientAuth {
    const { clientSecret, clientAuth } = this.#party.method;
    if (clientSecret === undefined) return oauth.None();
    const secret = spend(clientSecret);
    return clientAuth === 'post' ? oauth.ClientSecretPost(secret) : oauth.ClientSecretBasic(secret);
  }

  #target(): Record<string, string> {
    const { resource, audience } = this.#party.method;
    return { ...(resource === undefined ? {} : { resource }), ...(audience === undefined ? {} : { audience }) };
  }

  #names(): { readonly connection: string; readonly server: string } {
    const { issuer, tokenUrl } = this.#party.method;
    return { connection: this.#party.connection, server: URL.parse(issuer ?? tokenUrl ?? '')?.host ?? 'the server' };
  }
}

type FetchOptions = oauth.CustomFetchOptions<string, URLSearchParams | undefined>;

interface RequestOptions {
  readonly [oauth.customFetch]: (url: string, options: FetchOptions) => Promise<Response>;
  readonly [oauth.allowInsecureRequests]: boolean;
}
