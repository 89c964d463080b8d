export type {
  BreakerPolicy,
  RemoteBatchCall,
  RemoteBatchItem,
  RemoteCall,
  RemoteCallPolicy,
  RemoteToolAdapter,
  RetryPolicy,
} from './adapter.ts';
export {
  type CacheableEntry,
  type CacheableFunction,
  type CacheableOptions,
  type CacheableStatistics,
  cacheable,
  type ToolCache,
} from './cacheable.ts';
export {
  CapstanError,
  type CapstanErrorOptions,
  isCapstanError,
  isErrorCode,
  toWireError,
  type WireError,
} from './capstan-error.ts';
export type { Clock } from './clock.ts';
export type {
  ConnectionAuth,
  ResolvedConfig,
  ResolvedValue,
  ServiceCluster,
  ServiceDiscovery,
  ServiceEndpoint,
  ToolConnection,
} from './connection.ts';
export { ERROR_CODES, type ErrorCode, type ErrorCodeEntry } from './error-codes.ts';
export type { JsonObject, JsonSchema, JsonValue } from './json.ts';
export type { InvocationFallback, InvocationOutcome, InvocationResult } from './outcome.ts';
export { toWireFallback } from './outcome.ts';
export type { Secret } from './secret.ts';
export {
  type CallOrigin,
  defineTool,
  type ElicitAnswer,
  type ElicitRequest,
  type Logger,
  type PackHttp,
  type PackHttpEvent,
  type PackHttpResponse,
  type Principal,
  type ToolAnnotations,
  type ToolCaller,
  type ToolContext,
  type ToolDefinition,
  type ToolDescription,
  type ToolFactory,
  type ToolHandler,
  type ToolProgress,
  type ToolServices,
  toolDescriptionOf,
} from './tool.ts';
export { type ContentBlock, isToolResult, type ToolResult, toolResult } from './tool-result.ts';
export {
  AUTH_TYPES,
  type AuthType,
  BACKEND_KINDS,
  type BackendKind,
  CATEGORIES,
  type Category,
  CONNECTION_STATUSES,
  CONNECTION_TYPES,
  type ConnectionStatus,
  type ConnectionType,
  DANGER_LEVELS,
  type DangerLevel,
  type KnownPermission,
  OUTCOME_STATUSES,
  type OutcomeStatus,
  PACK_TYPES,
  type PackType,
  PERMISSIONS,
} from './vocabulary.ts';
