export type { BackendProblem } from './backend/backend-problem.ts';
export type { HttpBackend } from './backend/http-backend.ts';
export { HTTP_BACKEND_SCHEMA } from './backend/http-backend-schema.ts';
export type { HttpBackendSpec } from './backend/http-backend-spec.ts';
export {
  type HttpBackendReading,
  type HttpBackendSurroundings,
  parseHttpBackend,
} from './backend/parse-http-backend.ts';
export { createHttpTool, type HttpToolCall, type HttpToolRunner } from './call/http-tool.ts';
export type { HttpToolServices } from './call/http-tool-services.ts';
export { importOpenApi } from './openapi/import-openapi.ts';
