import type { ManifestTool } from '@capstan/manifest';
import type { RemoteCallPolicy, ResolvedConfig } from '@capstan/sdk';
import type { Binding, BindingSources } from '../workspace/connections.ts';
import type { EffectivePolicy } from '../workspace/tool-entry.ts';
import { fillText, fillValue } from './config-template.ts';

/** How the calls of a tool over one connection are made, in the adapter's words. */
export function callPolicy(
  tool: ManifestTool,
  policy: EffectivePolicy,
  binding: Binding,
  sources: BindingSources,
): Required<RemoteCallPolicy> {
  return {
    timeoutMs: policy.timeoutMs,
    retry: policy.retry,
    breaker: policy.breaker,
    repeatable: tool.annotations.readOnly === true || tool.annotations.idempotent === true,
    egress: egressOf(binding, sources),
  };
}

/** The hosts that calls of a pack may reach: what its manifest says, else its connection's own; and what the operator adds. */
export function egressOf(binding: Binding, { manifest, pack }: BindingSources): readonly string[] {
  const declared = manifest.egress?.flatMap((entry) => hostsOf(entry, binding.connection.config));
  const { remoteClusterUrl, cluster } = binding.connection;
  const own = [
    ...(remoteClusterUrl === undefined ? [] : [remoteClusterUrl]),
    ...(cluster?.endpoints.map(({ url }) => url) ?? []),
  ];
  return [...(declared ?? own), ...(pack.settings?.egress ?? [])].filter((entry) => entry !== '');
}

/** A setting may name one host, or a list of them. */
function hostsOf(entry: string, config: ResolvedConfig): readonly string[] {
  const value = fillValue(entry, config);
  if (Array.isArray(value)) return value.filter((host) => typeof host === 'string');
  return [fillText(entry, config)];
}
