import { createHash } from 'node:crypto';
import type { Pack } from '../packs/pack.ts';
import type { ConnectionSettings } from '../settings/host-settings.ts';
import type { DeclaredState } from './declared-state.ts';

const manifests = new WeakMap<Pack, string>();

/**
 * Tells whether anything changed for a pack in a workspace: all that its tools are made of, and nothing about where that
 * is written. A digest, since secrets are among it.
 */
export function fingerprintOf(declared: DeclaredState, workspaceId: string, pack: Pack): string {
  const { settings } = pack;
  return digest([
    manifestDigest(pack),
    settings === undefined ? null : [settings.key, settings.egress, settings.policy],
    [...declared.environment(workspaceId, pack)].sort(),
    declared.systemLayers(workspaceId, pack).map(({ values, sealed, references }) => [values, sealed, references]),
    declared.connections(workspaceId, pack).map(contentOf),
  ]);
}

function contentOf({ position: _position, sourceOf: _sourceOf, ...content }: ConnectionSettings): object {
  return content;
}

function manifestDigest(pack: Pack): string {
  const known = manifests.get(pack);
  if (known !== undefined) return known;
  const { body, folder, trusted } = pack;
  const fresh = digest([folder, trusted, ...(body.kind === 'loaded' ? [body.manifest, [...body.works]] : [])]);
  manifests.set(pack, fresh);
  return fresh;
}

function digest(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url');
}
