export type { BackendProblem } from './backend/backend-problem.ts';
export type { HttpBackend } from './backend/http-backend.ts';
export { HTTP_BACKEND_SCHEMA } from './backend/http-backend-schema.ts';
export type { HttpBackendSpec } from './backend/http-backend-spec.ts';
export {
  type HttpBackendReading,
  type HttpBackendSurroundings,
  parseHttpBackend,
} from './backend/parse-http-backend.ts';
export { writtenHost } from './backend/written-host.ts';
export { createHttpTool, type HttpToolCall, type HttpToolRunner } from './call/http-tool.ts';
export type { HttpToolServices } from './call/http-tool-services.ts';
export { type CheckableSchema, checkableSchema } from './checkable-schema.ts';
export {
  type ImportedConfig,
  importOpenApi,
  type OpenApiImport,
  type OpenApiReading,
  type OperationReport,
} from './openapi/import-openapi.ts';
export type { OpenApiTool } from './openapi/import-operation.ts';
export type { OperationFilter, OperationSelection } from './openapi/operation-filter.ts';
export {
  describeReport,
  type PackFile,
  type PackFromOpenApi,
  type PackOptions,
  packFromOpenApi,
} from './openapi/pack-from-openapi.ts';
export { type DocumentReading, readOpenApiText } from './openapi/read-document.ts';
export type { ImportedSetting } from './openapi/security.ts';
export { missingSettings } from './request/missing-settings.ts';
export type { EntryFilter, EntrySelection } from './tooluniverse/entry-filter.ts';
export { loadToolUniverse, type ToolUniverseOptions } from './tooluniverse/load-tooluniverse.ts';
export type { ToolUniverseSource } from './tooluniverse/read-entries.ts';
export { createToolUniverseTool, type ToolUniverseRunner } from './tooluniverse/rest-tool.ts';
export type {
  RestPlan,
  ToolPlace,
  ToolUniverseLoad,
  ToolUniverseMcpServer,
  ToolUniverseReport,
  ToolUniverseSetting,
  ToolUniverseStatus,
  ToolUniverseTool,
  ToolUniverseWork,
} from './tooluniverse/tooluniverse-tool.ts';
