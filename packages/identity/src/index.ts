export { Authenticator, type AuthenticatorOptions, bearerOf } from './authenticator.ts';
export {
  type Caller,
  CREDENTIAL_KINDS,
  type CredentialKind,
  homeOf,
  narrowed,
  reaches,
  type WorkspaceReach,
  withScopes,
} from './caller.ts';
export { bearerChallenge, type Challenge, RESOURCE_METADATA_PATH, resourceMetadata } from './challenge.ts';
export { type ChosenKey, chosenKeys } from './chosen-keys.ts';
export type { FetchDocument } from './documents.ts';
export { DEFAULT_GUESS_LIMITS, type GuessLimits } from './guess-guard.ts';
export { JWT_ALGORITHMS, type JwtAlgorithm, type JwtIssuer } from './jwt/jwt-settings.ts';
export { type JwtVerifierOptions, jwtVerifier } from './jwt/jwt-verifier.ts';
export { type CreatedKey, KeyRegistry, type KeyRegistryOptions, type NewKey } from './key-registry.ts';
export {
  digestOf,
  type MintedToken,
  maskTokens,
  mintToken,
  prefixOf,
  readToken,
  type TokenReading,
} from './key-token.ts';
export { memoryKeyStore } from './memory-key-store.ts';
export {
  ACTION_SCOPES,
  type ActionScope,
  isAtLeast,
  isRole,
  isScope,
  ROLE_SCOPES,
  ROLES,
  type Role,
  rightsOf,
  type Scope,
} from './roles.ts';
export {
  type CreatedSession,
  type NewSession,
  SessionTokens,
  type SessionTokensOptions,
} from './session/session-tokens.ts';
export type { KeyChange, KeySource, KeyStore, SoughtKey, StoredKey } from './stored-key.ts';
export type { TokenVerdict, TokenVerifier } from './token-verifier.ts';
