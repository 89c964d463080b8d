import { isAbsolute } from 'node:path';
import { CapstanError, type ResolvedConfig } from '@capstan/sdk';

/** A folder that an operator named. */
export interface Root {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
}

/** The settings of the pack. */
export interface FileSettings {
  readonly roots: readonly Root[];
  readonly maxReadBytes: number;
  readonly maxFileBytes: number;
}

/** @throws CapstanError CAPSTAN_CONFIG_INVALID for a folder without an absolute path. */
export function fileSettings(config: ResolvedConfig): FileSettings {
  const roots = Object.entries(config.roots ?? {}).map(([name, folder]) => ({ name, folder: String(folder) }));
  for (const { name, folder } of roots) {
    if (isAbsolute(folder)) continue;
    throw new CapstanError('CAPSTAN_CONFIG_INVALID', `the root ${name} has no absolute path: ${folder}`, {
      hint: 'Write the whole path, such as /srv/docs.',
      details: { keys: ['roots'] },
    });
  }
  return { roots, maxReadBytes: Number(config.max_read_bytes), maxFileBytes: Number(config.max_file_bytes) };
}

/** @throws CapstanError CAPSTAN_INVALID_ARGUMENTS for a root that is none, and where there are several and none was named. */
export function chooseRoot(roots: readonly Root[], name: string | undefined): Root {
  const chosen = name === undefined ? onlyRoot(roots) : roots.find((root) => root.name === name);
  if (chosen) return chosen;
  const message =
    name === undefined ? 'there are several roots, and none was named' : `no root ${JSON.stringify(name)}`;
  throw new CapstanError('CAPSTAN_INVALID_ARGUMENTS', message, {
    hint: `Name one of: ${roots.map((root) => root.name).join(', ')}.`,
    details: { roots: roots.map((root) => root.name) },
  });
}

function onlyRoot(roots: readonly Root[]): Root | undefined {
  return roots.length === 1 ? roots[0] : undefined;
}
