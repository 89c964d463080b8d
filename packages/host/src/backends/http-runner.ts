import type { ManifestTool } from '@capstan/manifest';
import type { RemoteCallPolicy } from '@capstan/sdk';
import type { ToolState } from '../host.ts';
import { bindingDigest } from '../workspace/binding-digest.ts';
import type { Binding } from '../workspace/connections.ts';
import { notReady, type PackInWorkspace, readiest } from '../workspace/pack-in-workspace.ts';
import type { BoundTool, EffectivePolicy, ToolRunner } from '../workspace/tool-entry.ts';
import { callPolicy } from './call-policy.ts';
import { toolTypeOf } from './code-runner.ts';
import type { DeclaredCall, DeclaredCallReading } from './declared-calls.ts';
import { unsupportedRunner } from './unsupported-runner.ts';

interface HttpRunnerOptions {
  readonly toolId: string;
  readonly tool: ManifestTool;
  readonly reading: DeclaredCallReading;
  readonly policy: EffectivePolicy;
  readonly pack: PackInWorkspace;
}

/** Runs a tool that is declared as an HTTP call. A declaration that cannot be read is told, and stops no other tool. */
export function httpRunner(options: HttpRunnerOptions): ToolRunner {
  const { tool, pack, toolId, reading } = options;
  if (!reading.ok) return unsupportedRunner(toolId, reading.reason);
  const { call } = reading;
  const toolType = toolTypeOf(tool.name, pack.sources.manifest.code);
  const bound = new Map<Binding, BoundTool>();
  return {
    bind(requested) {
      const binding = pack.binding(toolType, requested);
      const known = bound.get(binding);
      if (known) return known;
      const state = stateOf(binding, call);
      if (state.kind !== 'ready') throw notReady(toolId, state);
      const policy = policyOf(options, call, binding);
      const { connection } = binding;
      const fresh: BoundTool = {
        connectionId: binding.id,
        run: (input, context) => call.run({ ...input }, { connection, context, policy }),
      };
      bound.set(binding, fresh);
      return fresh;
    },
    connectionId: (requested) => pack.binding(toolType, requested).id,
    configDigest: (requested) => bindingDigest(pack.binding(toolType, requested)),
    state: () => readiest(pack.allBindings([toolType]).map((binding) => stateOf(binding, call))),
    connectionIds: () => pack.allBindings([toolType]).map(({ id }) => id),
  };
}

/** A setting that only this tool needs is missing for this tool only. */
function stateOf(binding: Binding, call: DeclaredCall): ToolState {
  if (binding.state.kind !== 'ready') return binding.state;
  const missing = call.missing(binding.connection);
  return missing.length === 0
    ? binding.state
    : { kind: 'needs_config', missing: missing.map((key) => binding.missingKey(key)) };
}

/**
 * Where the manifest has no `egress:`, a URL that is written out allows its own host, to its own tool: it stands in the
 * same file, under the same author's name, and an operator sees it before enabling the pack. A list is the whole truth.
 */
function policyOf(
  { tool, policy, pack }: HttpRunnerOptions,
  { host }: DeclaredCall,
  binding: Binding,
): RemoteCallPolicy {
  const own = callPolicy(tool, policy, binding, pack.sources);
  if (host === undefined || pack.sources.manifest.egress !== undefined) return own;
  return { ...own, egress: [...(own.egress ?? []), host] };
}
