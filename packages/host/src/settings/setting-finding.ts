import type { Diagnostic, DocumentPath, Severity, YamlReading } from '@capstan/schema';
import type { GuardedFrame } from './frame-guard.ts';

/** What can be wrong with a settings file beyond its YAML. Each is documented in `docs/formats/capstan-yaml.md`. */
export const SETTINGS_CODES = [
  'CAPSTAN_SETTINGS_UNKNOWN_KEY',
  'CAPSTAN_SETTINGS_MISSING_KEY',
  'CAPSTAN_SETTINGS_WRONG_TYPE',
  'CAPSTAN_SETTINGS_INVALID_VALUE',
  'CAPSTAN_SETTINGS_INVALID_NAME',
  'CAPSTAN_SETTINGS_UNKNOWN_TRUST',
  'CAPSTAN_SETTINGS_INVALID_ORIGIN',
  'CAPSTAN_SETTINGS_HOST_VARIABLE',
  'CAPSTAN_SETTINGS_INVALID_FILE',
  'CAPSTAN_SETTINGS_INVALID_CIDR',
  'CAPSTAN_SETTINGS_INVALID_URL',
  'CAPSTAN_SETTINGS_DUPLICATE_PACK',
  'CAPSTAN_SETTINGS_DUPLICATE_CONNECTION',
  'CAPSTAN_SETTINGS_RESERVED_CONNECTION',
  'CAPSTAN_SETTINGS_DUPLICATE_KEY_NAME',
  'CAPSTAN_SETTINGS_UNKNOWN_WORKSPACE',
  'CAPSTAN_SETTINGS_PACK_NOT_ENABLED',
  'CAPSTAN_SETTINGS_CONTRADICTION',
] as const;
export type SettingsCode = (typeof SETTINGS_CODES)[number];

/** The kinds of YAML findings, as `readYaml` names them under our prefix. */
export const SETTINGS_YAML_CODES = [
  'CAPSTAN_SETTINGS_YAML_ALIAS',
  'CAPSTAN_SETTINGS_YAML_DUPLICATE_KEY',
  'CAPSTAN_SETTINGS_YAML_NOT_JSON',
  'CAPSTAN_SETTINGS_YAML_NOT_TEXT',
  'CAPSTAN_SETTINGS_YAML_NUMBER',
  'CAPSTAN_SETTINGS_YAML_SYNTAX',
  'CAPSTAN_SETTINGS_YAML_TAG',
  'CAPSTAN_SETTINGS_YAML_TOO_DEEP',
  'CAPSTAN_SETTINGS_YAML_TOO_LARGE',
] as const;

/** One finding, at a path of the file. */
export interface SettingFinding {
  readonly code: SettingsCode;
  readonly path: DocumentPath;
  /** Which of the two the caret points at. Default: the value. */
  readonly part?: 'key' | 'value';
  /** Default: error. */
  readonly severity?: Severity;
  readonly message: string;
  readonly hint: string;
}

/** The finding with its place and, as far as that shows no secret, its source line. */
export function locateFinding(finding: SettingFinding, reading: YamlReading, frameOf: GuardedFrame): Diagnostic {
  const position = reading.locate(finding.path, finding.part ?? 'value');
  const frame = frameOf(position);
  return {
    severity: finding.severity ?? 'error',
    code: finding.code,
    message: finding.message,
    position,
    hint: finding.hint,
    ...(frame === undefined ? {} : { frame }),
  };
}

/** A path as a person reads it: `workspaces.default.connections[0].id`. */
export function describePath(path: DocumentPath): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}
