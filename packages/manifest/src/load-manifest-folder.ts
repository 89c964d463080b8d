import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { type LoadManifestOptions, loadFrom, type ManifestSource } from './load-manifest.ts';
import { type FileReading, filesOf, type PackFiles } from './pack-files.ts';
import type { ManifestLoading } from './pack-manifest.ts';
import { isFields, textAt } from './record.ts';
import { Report } from './report.ts';

/** Names of the manifest, the first that is there counts. */
const MANIFEST_NAMES = ['manifest.yaml', 'manifest.yml', 'manifest.json'] as const;

/** How the manifest of a folder is loaded. */
export interface LoadManifestFolderOptions extends LoadManifestOptions {
  /** How the folder is named in diagnostics; default: as given. */
  readonly displayPath?: string;
}

/**
 * Loads the manifest of a folder, with the schemas and form hints that it names and the version of its package.json.
 * Nothing outside the folder is read, whatever the manifest or a link says. Never throws.
 */
export function loadManifestFolder(folder: string, options: LoadManifestFolderOptions = {}): ManifestLoading {
  return loadFolder(folder, options);
}

/** The same, with what only `lintPack` asks for. */
export function loadFolder(
  folder: string,
  options: LoadManifestFolderOptions & Pick<ManifestSource, 'thorough' | 'inspect'>,
): ManifestLoading {
  const { displayPath = folder, ...rest } = options;
  const files = filesOf(folder);
  const found = MANIFEST_NAMES.filter((name) => files.has(name));
  const name = found[0] ?? MANIFEST_NAMES[0];
  const path = posix.join(displayPath, name);
  const reading = files.read(name);
  if (!reading.ok) return unreadable(reading, path, folder);
  const packageVersion = packageVersionOf(files);
  const version = packageVersion === undefined ? {} : { packageVersion };
  return loadFrom({ ...rest, ...version, path, text: reading.text, files, otherNames: found.slice(1) });
}

function unreadable(reading: Exclude<FileReading, { ok: true }>, path: string, folder: string): ManifestLoading {
  const locate = (): { path: string; line: number; column: number } => ({ path, line: 1, column: 1 });
  const report = new Report({ locate, frame: () => '' }, { strict: false, path });
  if (reading.code !== 'CAPSTAN_MANIFEST_FILE_MISSING') report.add(reading.code, [], reading);
  else {
    const message = existsSync(folder) ? 'the folder holds no manifest' : 'there is no such folder';
    const hint = `A pack is a folder with one of ${MANIFEST_NAMES.join(', ')}.`;
    report.add('CAPSTAN_MANIFEST_NOT_FOUND', [], { message, hint });
  }
  return { diagnostics: report.finish(), locate };
}

/** The version of the pack's package.json. One that cannot be read is npm's matter, not the manifest's. */
function packageVersionOf(files: PackFiles): string | undefined {
  const reading = files.read('package.json');
  if (!reading.ok) return undefined;
  try {
    const content: unknown = JSON.parse(reading.text);
    return isFields(content) ? textAt(content, 'version') : undefined;
  } catch {
    return undefined;
  }
}
