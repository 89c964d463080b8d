import type { ManifestTool, ToolBackend } from '@capstan/manifest';
import type { CapstanError, RemoteToolAdapter } from '@capstan/sdk';
import { codeRunner, toolTypeOf } from '../backends/code-runner.ts';
import type { PackHttpFactory } from '../backends/pack-http.ts';
import { remoteRunner } from '../backends/remote-runner.ts';
import { unsupportedRunner } from '../backends/unsupported-runner.ts';
import type { ServiceScope } from '../container.ts';
import type { CallDefaults } from '../settings/host-settings.ts';
import { effectivePolicy } from './effective-policy.ts';
import { lazySchemas } from './lazy-schema.ts';
import type { PackInWorkspace } from './pack-in-workspace.ts';
import { toolDefinition } from './tool-definition.ts';
import type { EffectivePolicy, ToolEntry, ToolRunner } from './tool-entry.ts';
import type { EnabledPack } from './workspace.ts';

/** What the tools of an enabled pack are made from. */
export interface PackRuntime {
  readonly instance: PackInWorkspace;
  /** The pack's scope of the container. */
  readonly scope: ServiceScope;
  readonly adapter: RemoteToolAdapter;
  readonly packHttp: PackHttpFactory;
  readonly defaults: CallDefaults;
  readonly onFailure: (error: CapstanError) => void;
}

/** Makes the tools of a pack for one workspace. Nothing of the pack's code is loaded yet. */
export function enablePack(runtime: PackRuntime): EnabledPack {
  const { manifest } = runtime.instance.sources;
  return { instance: runtime.instance, tools: manifest.tools.map((tool) => toolEntry(runtime, tool)) };
}

/** The tool type by which a tool finds its connection. */
export function connectionTypeOf(tool: ManifestTool, packCode: string): string {
  return tool.backend.kind === 'remote' ? tool.backend.toolType : toolTypeOf(tool.name, packCode);
}

function toolEntry(runtime: PackRuntime, tool: ManifestTool): Omit<ToolEntry, 'exposedName'> {
  const { manifest } = runtime.instance.sources;
  const definition = toolDefinition(manifest, tool);
  const policy = effectivePolicy(tool, runtime.defaults);
  return {
    definition,
    owner: manifest.code,
    policy,
    ...lazySchemas(definition),
    runner: runnerOf(runtime, definition.id, tool, policy),
    contextKeys: tool.backend.kind === 'remote' ? tool.backend.context : [],
  };
}

function runnerOf(runtime: PackRuntime, toolId: string, tool: ManifestTool, policy: EffectivePolicy): ToolRunner {
  const { backend } = tool;
  const shared = { toolId, tool, policy, pack: runtime.instance, adapter: runtime.adapter };
  switch (backend.kind) {
    case 'remote':
      return remoteRunner({ ...shared, backend });
    case 'code':
      return codeRunner({
        ...shared,
        backend,
        scope: runtime.scope,
        packHttp: runtime.packHttp,
        onFailure: runtime.onFailure,
      });
    default:
      return unsupportedRunner(toolId, whyUnsupported(backend));
  }
}

function whyUnsupported(backend: Exclude<ToolBackend, { kind: 'code' | 'remote' }>): string {
  return backend.kind === 'unsupported' ? backend.reason : `this version does not run ${backend.kind}: backends`;
}
