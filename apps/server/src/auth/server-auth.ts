import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { addressRanges } from '@capstan/http';
import {
  Authenticator,
  bearerChallenge,
  bearerOf,
  type Caller,
  type ChosenKey,
  chosenKeys,
  type FetchDocument,
  type GuessLimits,
  type JwtIssuer,
  jwtVerifier,
  type KeyStore,
  memoryKeyStore,
  narrowed,
  RESOURCE_METADATA_PATH,
  SessionTokens,
} from '@capstan/identity';
import { createSecret } from '@capstan/schema';
import { type CallOrigin, CapstanError, type Secret } from '@capstan/sdk';
import { clientAddress, type RequestPlace } from './client-address.ts';

/** A key that opens the server, from a file of the operator. */
export type ServerKey = ChosenKey;

/** How callers are known, beside the keys of the operator's files. */
export interface AuthOptions {
  /** Keys that are made while the server runs. */
  readonly keyStore?: KeyStore;
  readonly jwt?: {
    readonly issuers: readonly JwtIssuer[];
    readonly fetchDocument: FetchDocument;
  };
  /** Networks (CIDR) whose requests are refused, whatever they show. */
  readonly blocked?: readonly string[];
  /** Networks (CIDR) of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[];
  readonly guessing?: Partial<GuessLimits>;
  /** At least 32 random bytes each, the same on all replicas; the first signs sessions. Default: random, so sessions end with the process. */
  readonly sessionSecrets?: readonly [Uint8Array, ...Uint8Array[]];
}

/** What {@link ServerAuth} takes. */
export interface ServerAuthOptions extends AuthOptions {
  readonly keys: readonly ServerKey[];
  /** Where clients reach the server, without a trailing slash. */
  readonly publicUrl: () => string;
  readonly onError: (error: unknown) => void;
  /** Hears when an address has to wait, because it shows wrong keys. */
  readonly onWait?: (event: { readonly address: string; readonly waitMs: number }) => void;
}

/** By which a caller gives up rights for one request: `agent` is all that it may say. */
const ACT_AS_HEADER = 'x-capstan-act-as';
const SESSION_SECRET_BYTES = 32;
const MCP_PATH = /^(?:\/w\/[a-z0-9][a-z0-9_-]*)?\/mcp(?=\?|$)/;

/**
 * Knows who sends a request.
 *
 * 1. A caller comes out of a credential that was checked; everything else is a throw. There is no anonymous caller.
 * 2. A narrowed caller is made once for each caller: what is kept by principal stays small.
 */
export class ServerAuth {
  readonly sessions: SessionTokens;
  readonly issuers: readonly string[];
  readonly #authenticator: Authenticator;
  readonly #blocked;
  readonly #trustedProxies;
  readonly #publicUrl: () => string;
  readonly #agents = new WeakMap<Caller, Caller>();
  /** Held so that the values stay masked in everything that is logged. */
  readonly masked: readonly Secret[];

  constructor(options: ServerAuthOptions) {
    const { keys, keyStore, jwt, publicUrl, onError } = options;
    this.masked = keys.map(({ value }) => createSecret(value));
    this.#publicUrl = publicUrl;
    this.#blocked = addressRanges(options.blocked ?? [], 'auth.blocked');
    this.#trustedProxies = addressRanges(options.trustedProxies ?? [], 'server.trusted_proxies');
    this.issuers = jwt?.issuers.map(({ issuer }) => issuer) ?? [];
    const sources = [memoryKeyStore(chosenKeys(keys)), ...(keyStore === undefined ? [] : [keyStore])];
    this.sessions = new SessionTokens({
      secrets: options.sessionSecrets ?? [randomBytes(SESSION_SECRET_BYTES)],
      keys: sources,
    });
    this.#authenticator = new Authenticator({
      keys: sources,
      verifiers: [this.sessions, ...(jwt === undefined ? [] : [jwtVerifier({ ...jwt, resource: publicUrl, onError })])],
      ...(options.guessing === undefined ? {} : { guessing: options.guessing }),
      onError,
      ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
    });
  }

  /** @throws CapstanError CAPSTAN_FORBIDDEN for a request from a network that the operator shut out */
  refuseBlocked(request: RequestPlace): void {
    if (this.#blocked.isEmpty || !this.#blocked.includes(this.#addressOf(request))) return;
    throw new CapstanError('CAPSTAN_FORBIDDEN', 'this address is blocked', {
      hint: 'An operator lists blocked networks under auth.blocked in capstan.yaml.',
    });
  }

  /** The caller of a request whose credential was checked lately; undefined says only that {@link authenticate} has to be asked. */
  known(request: RequestPlace): Caller | undefined {
    const token = bearerOf(request.headers.authorization);
    const caller = token === undefined ? undefined : this.#authenticator.known(token, this.#addressOf(request));
    return caller === undefined ? undefined : this.#asAsked(caller, request.headers);
  }

  /**
   * The caller of a request, narrowed where it asks for that.
   * @throws CapstanError CAPSTAN_UNAUTHENTICATED, whatever is wrong with the credential; CAPSTAN_RATE_LIMITED for whoever
   * guesses; CAPSTAN_INVALID_REQUEST for another role than `agent`
   */
  async authenticate(request: RequestPlace): Promise<Caller> {
    const token = bearerOf(request.headers.authorization);
    if (token === undefined && request.headers.authorization !== undefined) throw notBearer();
    return this.#asAsked(await this.#authenticator.authenticate(token, this.#addressOf(request)), request.headers);
  }

  /** The value of `WWW-Authenticate` for a refused request. */
  challengeFor({ headers, url }: { readonly headers: IncomingHttpHeaders; readonly url: string }): string {
    const isInvalid = headers.authorization !== undefined;
    if (this.issuers.length === 0) return bearerChallenge({ isInvalid });
    const resource = MCP_PATH.exec(url)?.[0] ?? '';
    return bearerChallenge({ isInvalid, metadataUrl: `${this.#publicUrl()}${RESOURCE_METADATA_PATH}${resource}` });
  }

  close(): Promise<void> {
    return this.#authenticator.close();
  }

  /** Where a request came from, for the audit. */
  originOf(request: RequestPlace, { keyId }: Caller): CallOrigin {
    return { address: this.#addressOf(request), ...(keyId === undefined ? {} : { key: keyId }) };
  }

  #addressOf(request: RequestPlace): string {
    return clientAddress(request, this.#trustedProxies);
  }

  #asAsked(caller: Caller, headers: IncomingHttpHeaders): Caller {
    const wanted = headers[ACT_AS_HEADER];
    if (wanted === undefined || caller.principal.roles.some((role) => role === wanted)) return caller;
    if (wanted !== 'agent') {
      throw new CapstanError('CAPSTAN_INVALID_REQUEST', `${ACT_AS_HEADER} can only narrow a key to "agent"`);
    }
    const known = this.#agents.get(caller);
    if (known !== undefined) return known;
    const agent = narrowed(caller, 'agent');
    this.#agents.set(caller, agent);
    return agent;
  }
}

function notBearer(): CapstanError {
  return new CapstanError('CAPSTAN_UNAUTHENTICATED', 'this is no bearer token');
}
