import type { ManifestTool } from '@capstan/manifest';
import { type HttpBackend, type HttpToolRunner, parseHttpBackend } from '@capstan/rest';
import type { JsonObject } from '@capstan/sdk';
import type { Binding } from '../workspace/connections.ts';
import { notReady, type PackInWorkspace } from '../workspace/pack-in-workspace.ts';
import type { BoundTool, EffectivePolicy, ToolRunner } from '../workspace/tool-entry.ts';
import { callPolicy } from './call-policy.ts';
import { toolTypeOf } from './code-runner.ts';
import { unsupportedRunner } from './unsupported-runner.ts';

/** Makes the runner of a declared HTTP call, over the host's one client. */
export type HttpToolFactory = (backend: HttpBackend, pack: string) => HttpToolRunner;

interface HttpRunnerOptions {
  readonly toolId: string;
  readonly tool: ManifestTool;
  readonly spec: JsonObject;
  readonly policy: EffectivePolicy;
  readonly pack: PackInWorkspace;
  readonly httpTool: HttpToolFactory;
}

/** Runs a tool that its manifest declares as an HTTP call. A declaration that cannot be read is told, and stops no other tool. */
export function httpRunner(options: HttpRunnerOptions): ToolRunner {
  const { tool, spec, pack, toolId } = options;
  const reading = parseHttpBackend(spec, { configKeys: Object.keys(pack.sources.manifest.configSchema.properties) });
  if (!reading.ok) {
    const [first] = reading.problems;
    return unsupportedRunner(toolId, `http.${first?.path.join('.')}: ${first?.message}`);
  }
  const run = options.httpTool(reading.backend, pack.sources.manifest.code);
  const toolType = toolTypeOf(tool.name, pack.sources.manifest.code);
  const bound = new Map<Binding, BoundTool>();
  return {
    bind(requested) {
      const binding = pack.binding(toolType, requested);
      const known = bound.get(binding);
      if (known) return known;
      if (binding.state.kind !== 'ready') throw notReady(toolId, binding.state);
      const policy = callPolicy(tool, options.policy, binding, pack.sources);
      const { connection } = binding;
      const fresh: BoundTool = {
        connectionId: binding.id,
        run: (input, context) => run({ ...input }, { connection, context, policy }),
      };
      bound.set(binding, fresh);
      return fresh;
    },
    connectionId: (requested) => pack.binding(toolType, requested).id,
    state: () => pack.state(toolType, undefined),
    connectionIds: () => pack.allBindings([toolType]).map(({ id }) => id),
  };
}
