import { join, resolve } from 'node:path';
import type { CliIo } from '../cli-io.ts';
import { DATA_FOLDER, type Places } from '../places.ts';

/** The words that start `capstan mcp` on the same settings, from whatever folder a client starts it in. */
export function stdioCommand(io: CliIo, { config, folder, data }: Places, workspace: string): readonly string[] {
  return [
    ...io.self,
    'mcp',
    ...(workspace === 'default' ? [] : ['--workspace', workspace]),
    ...(config === undefined ? [] : ['--config', resolve(io.cwd, config)]),
    // Without settings the data folder alone says which server is meant.
    ...(config !== undefined && data === join(folder, DATA_FOLDER) ? [] : ['--data', data]),
  ];
}
