import { isSecret, spendSecret } from '@capstan/schema';
import { CapstanError, type ConnectionAuth, type ResolvedValue, type Secret, type ToolConnection } from '@capstan/sdk';

/** A credential: a secret, or plain text from an application's own code. */
export type Spendable = Secret | string;

/** How a connection proves who it is, with nothing left to look up. */
export type AuthMethod =
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: Spendable }
  | { readonly kind: 'header_key'; readonly header: string; readonly prefix: string; readonly key: Spendable }
  | { readonly kind: 'query_key'; readonly parameter: string; readonly key: Spendable }
  | { readonly kind: 'basic'; readonly username: Spendable; readonly password: Spendable }
  | OAuthMethod;

/** A method whose credential is a token that somebody else issues. */
export interface OAuthMethod {
  /** RFC 6749, section 4.4 and 4.1. */
  readonly kind: 'oauth2_client_credentials' | 'oauth2_authorization_code';
  readonly clientId: string;
  /** A public client has none. */
  readonly clientSecret: Spendable | undefined;
  /** RFC 6749, section 2.3.1. */
  readonly clientAuth: 'basic' | 'post';
  /** Where its metadata are (RFC 8414); undefined where both endpoints are given. */
  readonly issuer: string | undefined;
  readonly tokenUrl: string | undefined;
  readonly authorizationUrl: string | undefined;
  /** Separated by spaces; empty for the server's default. */
  readonly scope: string;
  /** RFC 8707. */
  readonly resource: string | undefined;
  /** What some servers want in place of `resource`. */
  readonly audience: string | undefined;
}

const NONE: AuthMethod = Object.freeze({ kind: 'none' });
const DEFAULT_HEADER = 'Authorization';

/**
 * Headers in which no key can travel: they frame the request, or belong to the contract.
 * Names in lower case.
 */
export const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'content-type',
  'transfer-encoding',
  'idempotency-key',
  'traceparent',
  'x-capstan-contract',
  'x-capstan-deadline-ms',
]);

/** Reads a connection's `auth`. @throws CapstanError `CAPSTAN_CONFIG_INVALID` where something that it needs is missing. */
export function authMethodOf(connection: ToolConnection): AuthMethod {
  const { auth, config } = connection;
  switch (auth.type) {
    case 'none':
    case 'bearer': {
      const token = spendable(auth.type === 'bearer' ? auth.token : undefined) ?? spendable(config.api_token);
      return token === undefined ? NONE : { kind: 'bearer', token };
    }
    case 'api_key':
      return keyMethod(connection);
    case 'basic':
      return {
        kind: 'basic',
        username: needed(connection, 'username'),
        password: spendable(auth.password) ?? '',
      };
    case 'oauth2_client_credentials':
    case 'oauth2_authorization_code':
      return oauthMethod(connection, auth.type);
  }
}

/** The value of a credential, to be put on the wire at once and kept nowhere. */
export function spend(value: Spendable): string {
  return typeof value === 'string' ? value : spendSecret(value);
}

/** Whether a method gets its credential from a token endpoint. */
export function isOAuth(method: AuthMethod): method is OAuthMethod {
  return method.kind === 'oauth2_client_credentials' || method.kind === 'oauth2_authorization_code';
}

function keyMethod(connection: ToolConnection): AuthMethod {
  const { auth } = connection;
  const key = needed(connection, 'key');
  const parameter = text(auth.query);
  if (parameter !== undefined) return { kind: 'query_key', parameter, key };
  const header = text(auth.header) ?? DEFAULT_HEADER;
  if (RESERVED_HEADERS.has(header.toLowerCase())) {
    throw incomplete(connection, `its key cannot travel in the header "${header}"`);
  }
  const scheme = text(auth.scheme) ?? (header.toLowerCase() === 'authorization' ? 'Bearer' : undefined);
  return { kind: 'header_key', header, prefix: scheme === undefined ? '' : `${scheme} `, key };
}

function oauthMethod(connection: ToolConnection, kind: OAuthMethod['kind']): OAuthMethod {
  const { auth } = connection;
  const method: OAuthMethod = {
    kind,
    clientId: spend(needed(connection, 'client_id')),
    clientSecret: spendable(auth.client_secret),
    clientAuth: auth.client_auth === 'post' ? 'post' : 'basic',
    issuer: text(auth.issuer),
    tokenUrl: text(auth.token_url),
    authorizationUrl: text(auth.authorization_url),
    scope: scopeOf(auth),
    resource: text(auth.resource),
    audience: text(auth.audience),
  };
  if (method.issuer !== undefined) return method;
  if (method.tokenUrl === undefined) throw incomplete(connection, 'neither issuer nor token_url is set');
  if (kind === 'oauth2_authorization_code' && method.authorizationUrl === undefined) {
    throw incomplete(connection, 'neither issuer nor authorization_url is set');
  }
  return method;
}

function scopeOf({ scopes }: ConnectionAuth): string {
  if (typeof scopes === 'string') return scopes;
  return Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string').join(' ') : '';
}

function needed(connection: ToolConnection, name: string): Spendable {
  const value = spendable(connection.auth[name]);
  if (value !== undefined) return value;
  throw incomplete(connection, `${name} is not set`);
}

function incomplete({ id, auth }: ToolConnection, what: string): CapstanError {
  return new CapstanError(
    'CAPSTAN_CONFIG_INVALID',
    `The ${auth.type} auth of connection "${id}" cannot be used: ${what}.`,
    {
      hint: 'Complete auth of the connection; docs/connections.md has an example of each type.',
      details: { connection: id },
    },
  );
}

function spendable(value: ResolvedValue | undefined): Spendable | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return isSecretShaped(value) ? value : undefined;
}

/** Whether the value is meant as a secret; spending it decides whether it is one of this host. */
function isSecretShaped(value: ResolvedValue | undefined): value is Secret {
  return isSecret(value) || (typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'secret');
}

function text(value: ResolvedValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
