import type { AuthType } from '@capstan/sdk';

/** The keys of `auth` beside `type`, for each type. Those that it needs are in the published schema. */
export const AUTH_FIELDS: Readonly<Record<AuthType, readonly string[]>> = Object.freeze({
  none: [],
  bearer: ['token'],
  api_key: ['key', 'header', 'scheme', 'auth_header', 'auth_type', 'query'],
  basic: ['username', 'password'],
  oauth2_client_credentials: oauthFields(),
  oauth2_authorization_code: [...oauthFields(), 'authorization_url'],
});

/** The fields whose values are secrets. */
export const SECRET_AUTH_FIELDS: ReadonlySet<string> = new Set(['token', 'key', 'password', 'client_secret']);

/** The seed's names of two fields. */
export const AUTH_FIELD_ALIASES: Readonly<Record<string, string>> = Object.freeze({
  auth_header: 'header',
  auth_type: 'scheme',
});

function oauthFields(): readonly string[] {
  return ['client_id', 'client_secret', 'client_auth', 'issuer', 'token_url', 'scopes', 'resource', 'audience'];
}
