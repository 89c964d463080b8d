export { egressHintOf, type HostLookup, type ResolvedAddress } from './address-guard.ts';
export { type AddressRanges, addressRanges, networkOf } from './address-ranges.ts';
export type {
  AttemptFacts,
  AttemptFailure,
  AttemptVerdict,
  EndpointHealth,
  Repetition,
} from './attempts/attempt-failure.ts';
export { type AttemptSteps, makeAttempts } from './attempts/attempt-loop.ts';
export { judgeAnswer } from './attempts/judge-answer.ts';
export { type CountsAttempts, noteAttempt } from './attempts/note-attempt.ts';
export { ended, outOfTime, readFailure } from './attempts/read-failure.ts';
export { retryAfterMs } from './attempts/retry-after.ts';
export { pauseBeforeRetry, type RetrySituation } from './attempts/retry-decision.ts';
export {
  type AccountEvent,
  type AccountState,
  type Authenticator,
  type AuthenticatorOptions,
  type AuthorizationRequest,
  type Credentials,
  type CredentialUse,
  createAuthenticator,
  credentialFailureOf,
  memoryTokenStore,
  RESERVED_HEADERS,
  type ServiceClient,
  type TokenStore,
} from './auth/index.ts';
export { BalancedRoute, type CallRoute, SingleRoute } from './balance/call-route.ts';
export { ServicePool, type ServicePoolOptions } from './balance/service-pool.ts';
export { BALANCING_STRATEGIES, type BalancingStrategy, type Candidate } from './balance/strategies.ts';
export {
  CircuitBreaker,
  type CircuitCounters,
  type CircuitEvent,
  type CircuitState,
  type CircuitTicket,
  DEFAULT_BREAKER,
} from './circuit-breaker.ts';
export { discover } from './discovery/discover.ts';
export { Refreshing, type RefreshOptions } from './discovery/refreshing.ts';
export type { SrvRecord } from './discovery/service-addresses.ts';
export { Endpoint } from './endpoint/endpoint.ts';
export { type CircuitView, Endpoints } from './endpoint/endpoints.ts';
export { RetryBudget } from './endpoint/retry-budget.ts';
export {
  createEndpointProbe,
  type EndpointProbe,
  type EndpointProbeOptions,
  type ProbeProblem,
  type ProbeStep,
} from './endpoint-probe.ts';
export type { ServerEvent } from './event-stream.ts';
export { type EventListening, heardExchange } from './heard-exchange.ts';
export { createHttpClient } from './http-client.ts';
export { HttpFailure, type HttpFailureFacts, type HttpFailureKind } from './http-failure.ts';
export type {
  EgressPolicy,
  HttpAnswer,
  HttpClient,
  HttpClientOptions,
  HttpExchange,
  HttpStream,
  HttpStreamRequest,
  HttpStreamSink,
  HttpTarget,
  OutgoingRequest,
  OutgoingSpan,
  OutgoingTracing,
} from './types.ts';
