export type { AccountEvent, AccountState } from './account-tokens.ts';
export { RESERVED_HEADERS } from './auth-method.ts';
export type { Authenticator, AuthorizationRequest, CredentialUse, ServiceClient } from './authentication.ts';
export { type AuthenticatorOptions, createAuthenticator } from './authenticator.ts';
export type { Credentials } from './credentials.ts';
export { credentialFailureOf } from './service-client.ts';
export { memoryTokenStore, type TokenStore } from './token-store.ts';
