import type { PackManifest } from '@capstan/manifest';
import { writtenHost } from '@capstan/rest';
import type { Pack } from './pack.ts';

/** A manifest never changes, and lists of packs are asked for often. */
const known = new WeakMap<PackManifest, readonly string[]>();

/**
 * The hosts that a pack's calls may reach, for an operator to see before enabling it: its `egress:`, or without one what
 * its declared calls name. `${config.base_url}` and the like stand for what the operator sets.
 */
export function reachOf({ body }: Pack): readonly string[] {
  if (body.kind === 'rejected') return [];
  const { manifest, works } = body;
  const found = known.get(manifest) ?? manifest.egress ?? writtenHosts(manifest, works);
  known.set(manifest, found);
  return found;
}

type Works = Extract<Pack['body'], { readonly kind: 'loaded' }>['works'];

function writtenHosts({ tools, configSchema }: PackManifest, works: Works): readonly string[] {
  const declared = tools.flatMap(({ name, backend }) => {
    if (backend.kind === 'joined') return works.get(name)?.plan.backend.host ?? [];
    const url = backend.kind === 'http' ? backend.spec.url : undefined;
    return typeof url === 'string' ? (writtenHost(url) ?? []) : [];
  });
  const own = Object.hasOwn(configSchema.properties, 'base_url') ? [`\${config.base_url}`] : [];
  return [...new Set([...own, ...declared])];
}
