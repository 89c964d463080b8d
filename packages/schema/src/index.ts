export { canonicalJson } from './canonical-json.ts';
export { type Diagnostic, formatDiagnostic, hasErrors, type Severity, type SourcePosition } from './diagnostic.ts';
export {
  type CompiledSchema,
  type CompileSchemaOptions,
  compileSchema,
  type SchemaCompilation,
} from './json-schema.ts';
export { plainText } from './plain-text.ts';
export { createRedactor, type Redactor } from './redact.ts';
export type { SchemaFlaw } from './schema-check.ts';
export type { SchemaProblem } from './schema-problem.ts';
export { pointerPath } from './schema-references.ts';
export { createSecret, isSecret, MASK, maskSecrets, spendSecret } from './secret.ts';
export { type SourceText, sourceText } from './source-text.ts';
export { suggest } from './suggest.ts';
export { isTooDeep } from './value-size.ts';
export { withoutPaths } from './without-paths.ts';
export { writeYaml } from './write-yaml.ts';
export { type DocumentPath, type ReadYamlOptions, readYaml, type YamlReading } from './yaml-document.ts';
export { YAML_FINDING_KINDS } from './yaml-finding.ts';
