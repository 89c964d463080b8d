import type { CodeBackend, ManifestTool } from '@capstan/manifest';
import { isSecret, spendSecret } from '@capstan/schema';
import {
  type CapstanError,
  isCapstanError,
  type RemoteCallPolicy,
  type RemoteToolAdapter,
  type ResolvedConfig,
  type ToolHandler,
} from '@capstan/sdk';
import type { ServiceScope } from '../container.ts';
import { bindingDigest } from '../workspace/binding-digest.ts';
import type { Binding } from '../workspace/connections.ts';
import { hasEgressList } from '../workspace/egress-list.ts';
import { notReady, type PackInWorkspace } from '../workspace/pack-in-workspace.ts';
import type { BoundTool, EffectivePolicy, ToolRunner } from '../workspace/tool-entry.ts';
import { callPolicy } from './call-policy.ts';
import { loadToolFactory } from './pack-code.ts';
import type { PackHttpFactory } from './pack-http/pack-http.ts';

interface CodeRunnerOptions {
  readonly toolId: string;
  readonly tool: ManifestTool;
  readonly backend: CodeBackend;
  readonly policy: EffectivePolicy;
  readonly pack: PackInWorkspace;
  /** The pack's scope. */
  readonly scope: ServiceScope;
  readonly adapter: RemoteToolAdapter;
  readonly packHttp: PackHttpFactory;
  /** Told once, when the code does not start. */
  readonly onFailure: (error: CapstanError) => void;
  /** Told when a tool's code started. */
  readonly onStarted: () => void;
}

/** Runs a tool whose author wrote code: loaded at the first call, its handler built once per connection. */
export function codeRunner(options: CodeRunnerOptions): ToolRunner {
  const { pack, tool } = options;
  const toolType = toolTypeOf(tool.name, pack.sources.manifest.code);
  const bound = new Map<Binding, BoundTool | Promise<BoundTool>>();
  return {
    bind(requested) {
      const binding = pack.binding(toolType, requested);
      const known = bound.get(binding);
      if (known) return known;
      if (binding.state.kind !== 'ready') throw notReady(options.toolId, binding.state);
      const activating = activate(options, binding);
      bound.set(binding, activating);
      activating.then(
        (ready) => {
          bound.set(binding, ready);
          options.onStarted();
        },
        (error: unknown) => {
          bound.delete(binding);
          if (isCapstanError(error) && error.code === 'CAPSTAN_PACK_FAILED') options.onFailure(error);
        },
      );
      return activating;
    },
    connectionId: (requested) => pack.binding(toolType, requested).id,
    configDigest: (requested) => bindingDigest(pack.binding(toolType, requested)),
    state: () => pack.state(toolType, undefined),
    connectionIds: () => pack.allBindings([toolType]).map(({ id }) => id),
  };
}

/** `line.send_message` belongs to connections of type `line`; a name without a dot to those named like the pack. */
export function toolTypeOf(toolName: string, packCode: string): string {
  const dot = toolName.indexOf('.');
  return dot > 0 ? toolName.slice(0, dot) : packCode;
}

async function activate(options: CodeRunnerOptions, binding: Binding): Promise<BoundTool> {
  const factory = await loadToolFactory(options.pack.sources.pack.folder, options.backend);
  const { manifest, pack } = options.pack.sources;
  const policy = callPolicy(options.tool, options.policy, binding, options.pack.sources);
  const scope = options.scope.scope({
    connection: binding.connection,
    config: revealed(binding.connection.config, options.pack.sources.manifest.reveal),
    remoteToolAdapter: adapterFor(options.adapter, policy),
    http: options.packHttp.of(binding, { policy, hasEgressList: hasEgressList(manifest, pack) }),
  });
  const handler: ToolHandler = scope.build(options.toolId, factory);
  return { connectionId: binding.id, run: (input, context) => handler({ ...input }, context) };
}

/** Code runs only where the operator trusts it; such code reads the secrets that its manifest names, and no other. */
function revealed(config: ResolvedConfig, names: readonly string[]): ResolvedConfig {
  if (names.length === 0) return config;
  const texts = names.flatMap((name) => {
    const value = config[name];
    return isSecret(value) ? [[name, spendSecret(value)] as const] : [];
  });
  return { ...config, ...Object.fromEntries(texts) };
}

/** The one shared adapter, with the tool's policy on every call. What pack code says may tighten it, never widen its egress. */
function adapterFor(adapter: RemoteToolAdapter, policy: RemoteCallPolicy): RemoteToolAdapter {
  const { egress } = policy;
  const governed = (own: RemoteCallPolicy | undefined): RemoteCallPolicy => ({
    ...policy,
    ...own,
    ...(egress === undefined ? {} : { egress }),
  });
  return {
    call: (call) => adapter.call({ ...call, policy: governed(call.policy) }),
    callBatch: (call) => adapter.callBatch({ ...call, policy: governed(call.policy) }),
  };
}
