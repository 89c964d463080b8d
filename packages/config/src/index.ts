export type {
  ConfigLayer,
  ConfigLayerValues,
  ConfigProblem,
  ConfigRequest,
  ConfigResolution,
  ConfigSource,
  ConfigTraceEntry,
  ConfigTraceKey,
  MissingKey,
} from './types.ts';
