import { hash } from 'node:crypto';
import { canonicalJson, isSecret, spendSecret } from '@capstan/schema';
import type { Binding } from './connections.ts';

const digests = new WeakMap<Binding, string>();

/**
 * A digest of everything about a connection that decides what its calls answer: where it leads, as whom, with which config.
 * The same on every replica. Secrets are part of it, so it stays inside of other digests and is never shown.
 */
export function bindingDigest(binding: Binding): string {
  const known = digests.get(binding);
  if (known !== undefined) return known;
  const { remoteClusterUrl, cluster, remoteConnectionId, auth, config, owner } = binding.connection;
  const parts = [remoteClusterUrl, cluster, remoteConnectionId, auth, config, owner];
  const digest = hash('sha256', canonicalJson(spent(parts)), 'base64url');
  digests.set(binding, digest);
  return digest;
}

/** With secrets as texts. */
function spent(value: unknown): unknown {
  if (isSecret(value)) return spendSecret(value);
  if (Array.isArray(value)) return value.map(spent);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, spent(member)]));
}
