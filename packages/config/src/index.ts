export { connectionLayerOf, type WrittenConnection } from './connection-layer.ts';
export {
  type ExplainEntryJson,
  type ExplainJson,
  type ExplainKeyJson,
  type ExplainSourceJson,
  toExplainJson,
} from './explain-json.ts';
export { type ExplainScope, explainText } from './explain-text.ts';
export { formHints } from './form-hints.ts';
export { isHostVariable } from './host-variables.ts';
export { holdsReference } from './reference.ts';
export { missingKeyOf, resolveConfig } from './resolve-config.ts';
export { resolveText, type TextRequest, type TextResolution } from './resolve-text.ts';
export {
  CONFIG_LAYERS,
  type ConfigLayer,
  type ConfigLayerValues,
  type ConfigProblem,
  type ConfigRequest,
  type ConfigResolution,
  type ConfigSource,
  type ConfigTraceEntry,
  type ConfigTraceKey,
  type ConfigTracePart,
  type MissingKey,
} from './types.ts';
