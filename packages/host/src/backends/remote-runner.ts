import type { ManifestTool, RemoteBackend } from '@capstan/manifest';
import type { JsonObject, RemoteCallPolicy, RemoteToolAdapter } from '@capstan/sdk';
import type { Binding } from '../workspace/connections.ts';
import { notReady, type PackInWorkspace, toolStateOf } from '../workspace/pack-in-workspace.ts';
import type { BoundTool, EffectivePolicy, ToolRunner } from '../workspace/tool-entry.ts';
import { callPolicy } from './call-policy.ts';
import { fillObject } from './config-template.ts';

/** Runs a tool that its manifest declares as a call of the remote contract. */
export function remoteRunner(options: {
  readonly toolId: string;
  readonly tool: ManifestTool;
  readonly backend: RemoteBackend;
  readonly policy: EffectivePolicy;
  readonly pack: PackInWorkspace;
  readonly adapter: RemoteToolAdapter;
}): ToolRunner {
  const { backend, pack, adapter, toolId } = options;
  const bound = new Map<Binding, BoundTool>();
  return {
    bind(requested) {
      const binding = pack.binding(backend.toolType, requested);
      const known = bound.get(binding);
      if (known) return known;
      const state = toolStateOf(binding, backend.connectionParam);
      if (state.kind !== 'ready') throw notReady(toolId, state);
      const fresh = bindRemote(
        binding,
        backend,
        adapter,
        callPolicy(options.tool, options.policy, binding, pack.sources),
      );
      bound.set(binding, fresh);
      return fresh;
    },
    state: () => pack.state(backend.toolType, backend.connectionParam),
    connectionIds: () => pack.allBindings([backend.toolType]).map(({ id }) => id),
  };
}

function bindRemote(
  binding: Binding,
  backend: RemoteBackend,
  adapter: RemoteToolAdapter,
  policy: RemoteCallPolicy,
): BoundTool {
  const { connection } = binding;
  const fixed = fillObject(backend.params, connection.config);
  const account: JsonObject =
    backend.connectionParam === undefined ? {} : { [backend.connectionParam]: connection.remoteConnectionId };
  return {
    connectionId: binding.id,
    run: (input, context) =>
      adapter.call({
        connection,
        toolType: backend.toolType,
        action: backend.action,
        params: { ...fixed, ...input, ...account },
        context,
        policy,
      }),
  };
}
