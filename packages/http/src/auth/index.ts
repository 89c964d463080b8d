export type { AccountEvent, AccountState } from './account-tokens.ts';
export { RESERVED_HEADERS } from './auth-method.ts';
export {
  type Authenticator,
  type AuthenticatorOptions,
  type AuthorizationRequest,
  type CredentialUse,
  createAuthenticator,
} from './authenticator.ts';
export type { Credentials } from './credentials.ts';
export { credentialFailureOf, type ServiceClient } from './service-client.ts';
export { memoryTokenStore, type TokenStore } from './token-store.ts';
