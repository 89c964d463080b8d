import { readFileSync } from 'node:fs';
import { formatDiagnostic, hasErrors } from '@capstan/schema';
import { CapstanError, type Logger } from '@capstan/sdk';
import { type HostSettings, loadSettings } from './settings/host-settings.ts';

const MAX_LISTED = 20;

/**
 * Reads `capstan.yaml` for a host that is about to start.
 * @throws CapstanError CAPSTAN_CONFIG_INVALID with every finding in `details.diagnostics`: a wrong file never starts a half-configured host.
 */
export function loadHostSettings(config: string | HostSettings | undefined, logger?: Logger): HostSettings {
  if (typeof config === 'object') return config;
  const path = config ?? 'capstan.yaml';
  const { settings, diagnostics } = loadSettings({
    path,
    text: config === undefined ? 'version: 1\n' : readSettings(config),
  });
  for (const warning of settings ? diagnostics : []) logger?.warn(formatDiagnostic(warning));
  if (settings && !hasErrors(diagnostics)) return settings;
  const findings = diagnostics.map(formatDiagnostic);
  throw new CapstanError(
    'CAPSTAN_CONFIG_INVALID',
    `${path} cannot be used:\n${findings.slice(0, MAX_LISTED).join('\n')}`,
    {
      hint: `Correct ${path}; nothing was started.`,
      details: { diagnostics: findings },
    },
  );
}

function readSettings(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CapstanError('CAPSTAN_CONFIG_INVALID', `${path} cannot be read`, {
      cause,
      hint: 'Check the path given as --config.',
    });
  }
}
