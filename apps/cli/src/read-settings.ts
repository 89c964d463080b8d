import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type HostSettings, loadSettings } from '@capstan/host';
import { type Diagnostic, formatDiagnostic, hasErrors } from '@capstan/schema';
import { CapstanError } from '@capstan/sdk';
import type { CliIo } from './cli-io.ts';
import type { Places } from './places.ts';

/** The settings, and what is odd about them. */
export interface SettingsReading {
  readonly settings: HostSettings;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Reads `capstan.yaml`; undefined where there is none.
 * @throws CapstanError CAPSTAN_CONFIG_INVALID with every finding and its place: a wrong file starts nothing
 */
export function readSettings(io: CliIo, { config }: Places): SettingsReading | undefined {
  if (config === undefined) return undefined;
  const { settings, diagnostics } = loadSettings({ path: config, text: readText(resolve(io.cwd, config), config) });
  if (settings !== undefined && !hasErrors(diagnostics)) return { settings, warnings: diagnostics };
  throw new CapstanError(
    'CAPSTAN_CONFIG_INVALID',
    `${config} cannot be used\n${diagnostics.map(formatDiagnostic).join('\n')}`,
    {
      hint: `Correct ${config}; nothing was started.`,
      details: { diagnostics: diagnostics.map(({ code, message, position }) => ({ code, message, ...position })) },
    },
  );
}

function readText(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new CapstanError('CAPSTAN_CONFIG_INVALID', `${shown} cannot be read${reason}`, {
      cause,
      hint: 'Check that it is a file that this user may read.',
    });
  }
}
