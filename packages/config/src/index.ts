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
  type MissingKey,
} from './types.ts';
