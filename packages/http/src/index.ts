export type { HostLookup, ResolvedAddress } from './address-guard.ts';
export {
  type AccountEvent,
  type AccountState,
  type Authenticator,
  type AuthenticatorOptions,
  type AuthorizationRequest,
  type Credentials,
  type CredentialUse,
  createAuthenticator,
  memoryTokenStore,
  RESERVED_HEADERS,
  type TokenStore,
} from './auth/index.ts';
export {
  CircuitBreaker,
  type CircuitEvent,
  type CircuitState,
  type CircuitTicket,
  DEFAULT_BREAKER,
} from './circuit-breaker.ts';
export { CircuitBreakers, type CircuitView } from './circuit-breakers.ts';
export { createHttpClient } from './http-client.ts';
export { HttpFailure, type HttpFailureFacts } from './http-failure.ts';
export type {
  EgressPolicy,
  HttpAnswer,
  HttpClient,
  HttpClientOptions,
  HttpExchange,
  HttpFailureKind,
  HttpStream,
  HttpStreamRequest,
  HttpStreamSink,
  HttpTarget,
  OutgoingRequest,
} from './types.ts';
