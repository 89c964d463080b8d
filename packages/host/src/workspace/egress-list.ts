import type { PackManifest } from '@capstan/manifest';
import type { Pack } from '../packs/pack.ts';

/** Whether somebody, the author or the operator, declared what calls of a pack may reach. */
export function hasEgressList(manifest: PackManifest, pack: Pack): boolean {
  return manifest.egress !== undefined || (pack.settings?.egress.length ?? 0) > 0;
}
