export { errorText, OUTCOME_META_KEY } from './call-result.ts';
export { callerInfo, callerOf } from './caller-info.ts';
export {
  COMPACT_MODES,
  type CompactCaller,
  type CompactMode,
  type SearchableGateway,
} from './compact/compact-gateway.ts';
export type {
  CatalogSnapshot,
  CatalogTool,
  LongRunningCalls,
  McpCallAnswer,
  McpCaller,
  McpFeatureCall,
  McpGateway,
  McpToolCall,
  McpUpstreams,
} from './gateway.ts';
export { type BodyReader, type BodyReading, readJsonBody } from './json-body.ts';
export type { LegacySessionLimits } from './legacy-sessions.ts';
export { createMcpHttp, type McpHttp, type McpHttpOptions, type McpNodeExchange } from './mcp-http.ts';
export { createMcpServerFactory, type McpServerOptions } from './mcp-server-factory.ts';
export { handleReading, type McpMount, type McpMountOptions, mountMcp } from './node-handler.ts';
export type {
  LongRunningCall,
  LongRunningFailure,
  LongRunningState,
} from './tasks/long-running.ts';
export { CONNECTION_META_KEY } from './tool-call.ts';
export type { CallerChannel } from './upstream/caller-channel.ts';
export { type ClaudeServers, readClaudeServers } from './upstream/claude-servers.ts';
export type { HttpCredentials } from './upstream/http-connection.ts';
export type { NamedItem, Offer } from './upstream/offer.ts';
export { resolveServer, type ServerResolution } from './upstream/resolve-server.ts';
export {
  type McpServerDeclaration,
  readServerDeclaration,
  SERVER_TRANSPORTS,
  type ServerReading,
  type ServerTransport,
} from './upstream/server-declaration.ts';
export type { SessionOwner } from './upstream/session-shelf.ts';
export { parameterHeaders } from './upstream/standard-headers.ts';
export {
  type NamedUpstream,
  Upstream,
  type UpstreamEvents,
  type UpstreamRequest,
  type UpstreamState,
} from './upstream/upstream.ts';
export {
  SESSION_SHARING,
  type SessionSharing,
  UPSTREAM_LIMITS,
  type UpstreamLimits,
  type UpstreamServer,
  type UpstreamServices,
} from './upstream/upstream-server.ts';
