export {
  type AiSdkTool,
  type AnthropicTool,
  EXPORT_FORMATS,
  type ExportableTool,
  type ExportedTools,
  type ExportFormat,
  exportTools,
  isExportFormat,
  type ObjectSchema,
  type OpenAiTool,
} from './export-formats.ts';
export { exposedNameOf, MAX_EXPOSED_NAME_LENGTH, type NamedTool } from './exposed-name.ts';
export { NameBook } from './name-book.ts';
export { createToolSearch, type SearchableTool, type ToolSearch } from './tool-search.ts';
