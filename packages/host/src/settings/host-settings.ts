import { type Diagnostic, hasErrors, readYaml } from '@capstan/schema';
import { checkSchema } from './check-schema.ts';
import { crossChecks } from './cross-checks.ts';
import { guardFrames } from './frame-guard.ts';
import { mapSettings } from './map-settings.ts';
import { locateFinding } from './setting-finding.ts';
import type { SettingsLoading, SettingsSource } from './settings-model.ts';
import { withoutText } from './yaml-diagnostic.ts';

export type {
  ApprovalLevel,
  CallDefaults,
  ConnectionClusterSettings,
  ConnectionSettings,
  DriftMode,
  HostSettings,
  KeySettings,
  PackPolicy,
  PackSettings,
  SettingsLoading,
  SettingsSource,
} from './settings-model.ts';

/**
 * Reads `capstan.yaml`. Never throws: what is wrong is a located diagnostic, all of them at once, in the order of the
 * file. With any error there are no settings: a wrong file never starts a half-configured host.
 */
export function loadSettings({ path, text }: SettingsSource): SettingsLoading {
  const reading = readYaml(text, { path, codePrefix: 'CAPSTAN_SETTINGS' });
  const yaml = reading.diagnostics.map(withoutText);
  if (hasErrors(yaml)) return { diagnostics: yaml };
  const root = reading.value ?? {};
  const frameOf = guardFrames(root, reading, text);
  const findings = [...checkSchema(root), ...crossChecks(root)];
  const located = findings.map((finding) => locateFinding(finding, reading, frameOf));
  const diagnostics = [...yaml, ...located].toSorted(byPosition);
  if (hasErrors(diagnostics)) return { diagnostics };
  return { settings: mapSettings({ path, root, locate: (at) => reading.locate(at) }), diagnostics };
}

function byPosition({ position: a }: Diagnostic, { position: b }: Diagnostic): number {
  return a.line - b.line || a.column - b.column;
}
