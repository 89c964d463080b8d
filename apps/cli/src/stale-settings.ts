import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CliIo } from './cli-io.ts';
import type { GlobalOptions } from './global-options.ts';
import { findPlaces } from './places.ts';

/** Left in the data folder by a server when it starts, touched when it reads its settings again, and removed when it stops. */
const SERVER_FILE = 'server.json';

/** What to say where `capstan.yaml` was changed after the server that answers read it. */
export function staleSettingsHint(io: CliIo, options: GlobalOptions, origin: string): string | undefined {
  const isElsewhere = options.url !== undefined || (io.env.CAPSTAN_URL ?? '') !== '';
  if (isElsewhere || origin === 'in process') return undefined;
  const { config, data } = findPlaces(io, options);
  if (config === undefined) return undefined;
  const changed = modifiedAt(resolve(io.cwd, config));
  const started = modifiedAt(join(data, SERVER_FILE));
  if (changed === undefined || started === undefined || changed <= started) return undefined;
  return `${config} changed since the server read it; run "capstan apply"`;
}

function modifiedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
