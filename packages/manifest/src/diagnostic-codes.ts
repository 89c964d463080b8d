/**
 * Every diagnostic of this package, once; `docs/diagnostics.md` explains each. Problems of the notation come from
 * `readYaml`, as `CAPSTAN_MANIFEST_YAML_…`.
 *
 * - `error`: the manifest cannot be used, or (where a tool can be left out) that tool cannot.
 * - `normalised`: another dialect was put into ours; a warning, and an error with `strict`.
 * - `warning`: it can be used as it is; an error with `strict`.
 */
export const MANIFEST_DIAGNOSTICS = {
  CAPSTAN_MANIFEST_NOT_FOUND: 'error',
  CAPSTAN_MANIFEST_NOT_A_MANIFEST: 'error',
  CAPSTAN_MANIFEST_MISSING_KEY: 'error',
  CAPSTAN_MANIFEST_TYPE: 'error',
  CAPSTAN_MANIFEST_VALUE: 'error',
  CAPSTAN_MANIFEST_BACKEND_CONFLICT: 'error',
  CAPSTAN_MANIFEST_BACKEND_MISSING: 'error',
  CAPSTAN_MANIFEST_BACKEND_FORM: 'error',
  CAPSTAN_MANIFEST_DUPLICATE_TOOL: 'error',
  CAPSTAN_MANIFEST_SCHEMA_INVALID: 'error',
  CAPSTAN_MANIFEST_CACHE_OF_WRITE: 'error',
  CAPSTAN_MANIFEST_FILE_MISSING: 'error',
  CAPSTAN_MANIFEST_FILE_OUTSIDE: 'error',
  CAPSTAN_MANIFEST_FILE_INVALID: 'error',
  CAPSTAN_MANIFEST_REFERENCE_UNKNOWN: 'error',
  CAPSTAN_MANIFEST_VERSION_MISMATCH: 'error',
  CAPSTAN_MANIFEST_ENGINE_MISMATCH: 'error',
  CAPSTAN_MANIFEST_CONFIG_DUPLICATE: 'error',
  CAPSTAN_MANIFEST_CONFIG_DEFAULT: 'error',
  CAPSTAN_MANIFEST_FOREIGN_SCHEMA: 'error',
  CAPSTAN_MANIFEST_NORMALISED_KEY: 'normalised',
  CAPSTAN_MANIFEST_NORMALISED_VALUE: 'normalised',
  CAPSTAN_MANIFEST_NORMALISED_VERSION: 'normalised',
  CAPSTAN_MANIFEST_NORMALISED_TOOL: 'normalised',
  CAPSTAN_MANIFEST_NORMALISED_TYPE: 'normalised',
  CAPSTAN_MANIFEST_NORMALISED_REQUIRED: 'normalised',
  CAPSTAN_MANIFEST_UNKNOWN_KEY: 'warning',
  CAPSTAN_MANIFEST_UNKNOWN_CATEGORY: 'warning',
  CAPSTAN_MANIFEST_UNKNOWN_PERMISSION: 'warning',
  CAPSTAN_MANIFEST_UNSUPPORTED_BACKEND: 'warning',
  CAPSTAN_MANIFEST_SECRET_UNMARKED: 'warning',
  CAPSTAN_MANIFEST_SECRET_DEFAULT: 'warning',
  CAPSTAN_MANIFEST_RESERVED_VARIABLE: 'warning',
  CAPSTAN_MANIFEST_SEVERAL_FILES: 'warning',
  CAPSTAN_MANIFEST_TOO_MANY: 'warning',
  CAPSTAN_PACK_BACKEND_FILE: 'error',
  CAPSTAN_PACK_BACKEND_EXPORT: 'error',
  CAPSTAN_PACK_BACKEND_UNSEEN: 'warning',
  CAPSTAN_PACK_CONTEXT_PARAMETER: 'error',
  CAPSTAN_PACK_EXAMPLE: 'warning',
  CAPSTAN_PACK_LITERAL_URL: 'warning',
  CAPSTAN_PACK_LITERAL_SECRET: 'warning',
} as const;

/** The code of one of this package's diagnostics. */
export type ManifestDiagnosticCode = keyof typeof MANIFEST_DIAGNOSTICS;

/** What a diagnostic means for the manifest. */
export type DiagnosticKind = (typeof MANIFEST_DIAGNOSTICS)[ManifestDiagnosticCode];
