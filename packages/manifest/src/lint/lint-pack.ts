import { type LoadManifestFolderOptions, loadFolder } from '../load-manifest-folder.ts';
import type { ManifestLoading } from '../pack-manifest.ts';
import { isFields, textsAt } from '../record.ts';
import { lintCode } from './lint-code.ts';
import { lintDocument } from './lint-document.ts';

/**
 * Loads a pack as its author wants to see it: with all that {@link loadManifestFolder} says, and with what a host does
 * not look at: examples and defaults checked against their schemas, addresses and credentials in manifest and code.
 */
export function lintPack(folder: string, options: LoadManifestFolderOptions = {}): ManifestLoading {
  return loadFolder(folder, {
    ...options,
    thorough: true,
    inspect: ({ value, files, report }) => {
      const egress = isFields(value) ? textsAt(value, 'egress') : [];
      lintDocument(value, egress, report);
      lintCode(folder, files, egress, report);
    },
  });
}
