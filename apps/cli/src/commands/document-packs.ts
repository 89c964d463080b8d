import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CAPSTAN_VERSION } from '@capstan/host';
import { loadManifestFolder, packReadme } from '@capstan/manifest';
import { formatDiagnostic } from '@capstan/schema';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK, exitCodeOf } from '../exit-code.ts';
import { usageError } from '../failure-report.ts';

/** What becomes of the text. */
export interface DocumentOptions {
  /** Into the pack's README.md. */
  readonly write?: boolean;
  /** Nothing is written; exit code 2 when a README is not what its manifest makes. */
  readonly check?: boolean;
}

const README = 'README.md';

/** `capstan pack docs`: the README that a manifest makes. */
export async function documentPacks(
  { io, printer }: CommandContext,
  paths: readonly string[],
  { write = false, check = false }: DocumentOptions,
): Promise<number> {
  const packs = paths.map((path) => ({ path, folder: resolve(io.cwd, path), text: readmeOf(io.cwd, path) }));
  if (check) {
    const stale = packs.filter(({ folder, text }) => readText(join(folder, README)) !== text).map(({ path }) => path);
    if (printer.format === 'json') printer.json({ stale });
    else if (stale.length > 0)
      printer.text(`Not what the manifest makes: ${stale.join(', ')}. Run capstan pack docs --write.`);
    return stale.length > 0 ? exitCodeOf('CAPSTAN_INVALID_REQUEST') : EXIT_OK;
  }
  if (write) for (const { folder, text } of packs) writeFileSync(join(folder, README), text);
  if (printer.format === 'json') printer.json({ items: packs.map(({ path, text }) => ({ path, text })) });
  else if (!write) printer.text(packs.map(({ text }) => text).join('\n'));
  else printer.text(packs.map(({ path }) => `wrote ${join(path, README)}`).join('\n'));
  return EXIT_OK;
}

function readmeOf(cwd: string, path: string): string {
  const folder = resolve(cwd, path);
  const { manifest, diagnostics } = loadManifestFolder(folder, { displayPath: path, capstanVersion: CAPSTAN_VERSION });
  if (!manifest) {
    throw usageError(`${path} has no manifest that loads`, diagnostics.map(formatDiagnostic).join('\n'));
  }
  return packReadme(manifest, packageOf(folder));
}

function packageOf(folder: string): { readonly packageName?: string } {
  const text = readText(join(folder, 'package.json'));
  const content: unknown = text === undefined ? undefined : JSON.parse(text);
  const name = typeof content === 'object' && content !== null && 'name' in content ? content.name : undefined;
  return typeof name === 'string' ? { packageName: name } : {};
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
