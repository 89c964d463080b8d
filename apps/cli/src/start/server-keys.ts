import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { resolveText } from '@capstan/config';
import type { HostSettings } from '@capstan/host';
import { CapstanError } from '@capstan/sdk';
import type { ServerKey } from '@capstan/server';

/** What references in keys may read. */
export interface KeySources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative `file:` references are relative to. */
  readonly folder: string;
}

/**
 * The keys of the settings, with their references resolved.
 * @throws CapstanError where one cannot be resolved or is empty: a key that nobody can use is a mistake, and an empty one a hole
 */
export function serverKeys(settings: HostSettings | undefined, { env, folder }: KeySources): readonly ServerKey[] {
  return (settings?.keys ?? []).map((key) => {
    const name = `keys.${key.name}.value`;
    const resolution = resolveText({
      text: key.value,
      name,
      references: 'operator',
      variables: env,
      readFile: (path) => readFileSync(resolve(folder, path), 'utf8'),
    });
    const { path, line, column } = key.position;
    if (!resolution.ok) {
      const { code, message, hint } = resolution.problem;
      throw new CapstanError(code, `${path}:${line}:${column}: ${message}`, { hint });
    }
    const value = resolution.value.trim();
    if (value === '') {
      throw new CapstanError('CAPSTAN_CONFIG_INVALID', `${path}:${line}:${column}: ${name} is empty`, {
        hint: 'Give it a value, or take the key out.',
      });
    }
    const { position: _where, ...rest } = key;
    return { ...rest, value };
  });
}
