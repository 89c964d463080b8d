import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { CliIo } from './cli-io.ts';
import { usageError } from './failure-report.ts';
import type { GlobalOptions } from './global-options.ts';

const SETTINGS_FILE = 'capstan.yaml';
/** The name of a data folder. */
export const DATA_FOLDER = '.capstan';

/** Where a run finds its settings and keeps its state. */
export interface Places {
  /** Path of the settings as a person would write it from the current folder; absent where there are none. */
  readonly config: string | undefined;
  /** What packs of the settings are relative to. Absolute. */
  readonly folder: string;
  /** The data folder. Absolute. */
  readonly data: string;
}

/**
 * The settings are those of `--config`, else `capstan.yaml` of the current folder, if it has one.
 * The data folder is that of `--data`, of `CAPSTAN_DATA`, else `.capstan` beside the settings.
 * @throws CapstanError where `--config` names no file, or `--data` does
 */
export function findPlaces(io: CliIo, options: Pick<GlobalOptions, 'config' | 'data'>): Places {
  const settings = resolve(io.cwd, options.config ?? SETTINGS_FILE);
  const hasSettings = existsSync(settings);
  if (options.config !== undefined && !hasSettings) {
    throw usageError(
      `no settings at ${options.config}`,
      'Check the path of --config; it is relative to the current folder.',
    );
  }
  const folder = dirname(settings);
  const data = options.data ?? (io.env.CAPSTAN_DATA || undefined);
  return {
    config: hasSettings ? shownPath(io.cwd, settings) : undefined,
    folder,
    data: data === undefined ? join(folder, DATA_FOLDER) : dataFolderAt(resolve(io.cwd, data), data),
  };
}

function dataFolderAt(path: string, written: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return path;
  throw usageError(
    `the data folder ${written} is a file`,
    'Name a folder with --data or CAPSTAN_DATA; it need not exist yet.',
  );
}

/** A path as it is shortest to read from a folder: relative when it is inside. */
export function shownPath(cwd: string, path: string): string {
  const inside = relative(cwd, path);
  return inside === '' || inside.startsWith('..') ? path : inside;
}
