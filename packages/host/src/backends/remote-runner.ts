import type { ManifestTool, RemoteBackend } from '@capstan/manifest';
import type { JsonObject, JsonSchema, RemoteCall, RemoteCallPolicy } from '@capstan/sdk';
import type { BatchingAdapter } from '../batching/batch-gathering.ts';
import { bindingDigest } from '../workspace/binding-digest.ts';
import type { Binding } from '../workspace/connections.ts';
import { notReady, type PackInWorkspace, toolStateOf } from '../workspace/pack-in-workspace.ts';
import type { BoundTool, EffectivePolicy, ToolRunner } from '../workspace/tool-entry.ts';
import { CallContext } from './call-context.ts';
import { callPolicy } from './call-policy.ts';
import { fillObject } from './config-template.ts';

/** Runs a tool that its manifest declares as a call of the remote contract. */
export function remoteRunner(options: {
  readonly toolId: string;
  readonly tool: ManifestTool;
  readonly backend: RemoteBackend;
  readonly policy: EffectivePolicy;
  readonly pack: PackInWorkspace;
  readonly adapter: BatchingAdapter;
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
      const policy = callPolicy(options.tool, options.policy, binding, pack.sources);
      const fresh = bindRemote(binding, { backend, adapter, policy, inputSchema: options.tool.inputSchema });
      bound.set(binding, fresh);
      return fresh;
    },
    connectionId: (requested) => pack.binding(backend.toolType, requested).id,
    configDigest: (requested) => bindingDigest(pack.binding(backend.toolType, requested)),
    state: () => pack.state(backend.toolType, backend.connectionParam),
    connectionIds: () => pack.allBindings([backend.toolType]).map(({ id }) => id),
  };
}

function bindRemote(
  binding: Binding,
  parts: {
    readonly backend: RemoteBackend;
    readonly adapter: BatchingAdapter;
    readonly policy: RemoteCallPolicy;
    readonly inputSchema: JsonSchema;
  },
): BoundTool {
  const { backend, adapter, policy, inputSchema } = parts;
  const { connection } = binding;
  const fixed = fillObject(backend.params, connection.config);
  const locked = undeclared(fixed, inputSchema);
  const account: JsonObject =
    backend.connectionParam === undefined ? {} : { [backend.connectionParam]: connection.remoteConnectionId };
  return {
    connectionId: binding.id,
    run: (input, context) => {
      const call: RemoteCall = {
        connection,
        toolType: backend.toolType,
        action: backend.action,
        params: { ...fixed, ...input, ...locked, ...account },
        context,
        policy,
      };
      const gathering = context instanceof CallContext ? context.leaveSeat() : undefined;
      return gathering === undefined ? adapter.call(call) : gathering.arrive(call, adapter);
    },
  };
}

/** Fixed parameters are the caller's to change only where the input schema offers them. */
function undeclared(fixed: JsonObject, inputSchema: JsonSchema): JsonObject {
  const properties: unknown = typeof inputSchema === 'object' ? inputSchema.properties : undefined;
  const declared = typeof properties === 'object' && properties !== null ? properties : {};
  return Object.fromEntries(Object.entries(fixed).filter(([name]) => !Object.hasOwn(declared, name)));
}
