export { type DiagnosticKind, MANIFEST_DIAGNOSTICS, type ManifestDiagnosticCode } from './diagnostic-codes.ts';
export { type PackReadmeOptions, packReadme } from './docs/pack-readme.ts';
export { type ListedPack, packTable } from './docs/pack-table.ts';
export { MANIFEST_SCHEMA } from './format/manifest-schema.ts';
export { lintPack } from './lint/lint-pack.ts';
export { type LoadManifestOptions, loadManifest, type ManifestText } from './load-manifest.ts';
export { type LoadManifestFolderOptions, loadManifestFolder } from './load-manifest-folder.ts';
export { type FileReading, filesOf, type PackFiles } from './pack-files.ts';
export type {
  CodeBackend,
  ConfigObjectSchema,
  ConfigPropertySchema,
  ManifestLoading,
  ManifestTool,
  PackManifest,
  RateLimit,
  RemoteBackend,
  ToolBackend,
} from './pack-manifest.ts';
