export { errorText, OUTCOME_META_KEY } from './call-result.ts';
export { callerInfo, callerOf } from './caller-info.ts';
export type { CatalogSnapshot, CatalogTool, McpCallAnswer, McpCaller, McpGateway, McpToolCall } from './gateway.ts';
export { type BodyReader, type BodyReading, readJsonBody } from './json-body.ts';
export type { LegacySessionLimits } from './legacy-sessions.ts';
export { createMcpHttp, type McpHttp, type McpHttpOptions, type McpNodeExchange } from './mcp-http.ts';
export { createMcpServerFactory, type McpServerOptions } from './mcp-server-factory.ts';
export { handleReading, type McpMount, type McpMountOptions, mountMcp } from './node-handler.ts';
export { CONNECTION_META_KEY } from './tool-call.ts';
