import { readFileSync } from 'node:fs';

const packageJson: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The version of Capstan that `engines.capstan` of a manifest is checked against. */
export const CAPSTAN_VERSION: string = versionOf(packageJson);

function versionOf(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'version' in value && typeof value.version === 'string')
    return value.version;
  throw new Error('the package.json of @capstan/host has no version');
}
