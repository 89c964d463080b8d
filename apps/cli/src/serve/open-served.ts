import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createHost, type Host, inspectPack, loadSettings } from '@capstan/host';
import { formatDiagnostic, hasErrors } from '@capstan/schema';
import { CapstanError } from '@capstan/sdk';
import type { CommandContext } from '../command-context.ts';
import { commandLog } from '../command-log.ts';
import { usageError } from '../failure-report.ts';
import { settingsDocument, settingsOf } from './settings-flags.ts';
import { registerFile } from './tools-file.ts';

/** What is served, and with what. */
export interface ServedThing {
  readonly path: string;
  /** `key=value` */
  readonly settings: readonly string[];
  readonly allowPrivate: readonly string[];
}

/** A host with nothing but one pack, or the tools of one file. @throws CapstanError where there is neither. */
export async function openServed(context: CommandContext, thing: ServedThing): Promise<Host> {
  const full = resolve(context.io.cwd, thing.path);
  if (!existsSync(full)) throw usageError(`there is no ${thing.path}`, "Give a pack's folder, or a file of tools.");
  return statSync(full).isDirectory() ? openPack(context, full, thing) : openFile(context, full, thing);
}

async function openPack({ io, options }: CommandContext, folder: string, thing: ServedThing): Promise<Host> {
  const { manifest, diagnostics } = inspectPack(folder, { displayPath: thing.path });
  if (manifest === undefined) {
    const text = diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(formatDiagnostic)
      .join('\n');
    throw new CapstanError('CAPSTAN_PACK_REJECTED', `the pack in ${thing.path} does not load\n${text}`, {
      hint: `Run "capstan pack validate ${thing.path}".`,
    });
  }
  const { code, configSchema } = manifest;
  const environment = Object.values(configSchema.properties).flatMap((property) => property['x-env'] ?? []);
  const text = settingsDocument({
    code,
    folder,
    config: settingsOf(thing.settings, configSchema),
    environment,
    allowPrivate: thing.allowPrivate,
  });
  const loading = loadSettings({ path: 'capstan serve', text });
  if (loading.settings === undefined || hasErrors(loading.diagnostics)) {
    throw usageError(
      loading.diagnostics.map(({ message }) => message).join('; '),
      'Correct --set and --allow-private.',
    );
  }
  return createHost({
    config: loading.settings,
    cwd: io.cwd,
    environment: io.env,
    logger: commandLog(io, options.debug),
    results: 'inline',
  });
}

async function openFile({ io, options }: CommandContext, path: string, { settings }: ServedThing): Promise<Host> {
  if (settings.length > 0) throw usageError('a file of tools has no settings', 'Make a pack: capstan pack new.');
  const logger = commandLog(io, options.debug);
  const host = await createHost({ environment: {}, logger, results: 'inline' });
  try {
    await registerFile(host, path, logger);
    return host;
  } catch (error) {
    await host.close();
    throw error;
  }
}
