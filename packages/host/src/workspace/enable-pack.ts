import type { ManifestTool, PackManifest, ToolBackend } from '@capstan/manifest';
import type { CapstanError, ToolDefinition } from '@capstan/sdk';
import type { WorkflowEngine } from '@capstan/workflow';
import { codeRunner, toolTypeOf } from '../backends/code-runner.ts';
import type { DeclaredCallFactory, DeclaredCallReading } from '../backends/declared-calls.ts';
import { httpRunner } from '../backends/http-runner.ts';
import type { PackHttpFactory } from '../backends/pack-http/pack-http.ts';
import { remoteRunner } from '../backends/remote-runner.ts';
import { unsupportedRunner } from '../backends/unsupported-runner.ts';
import type { BatchingAdapter } from '../batching/batch-gathering.ts';
import type { ServiceScope } from '../container.ts';
import type { McpSource } from '../mcp/mcp-source.ts';
import type { CallDefaults, PackPolicy } from '../settings/host-settings.ts';
import type { UniverseWork } from '../sources/joined-source.ts';
import { workflowOf } from '../workflows/pack-workflows.ts';
import { workflowRunner } from '../workflows/workflow-runner.ts';
import { asksForPolicy, mergePolicies, policyFromConfig } from './config-policy.ts';
import { effectivePolicy, NO_PACK_POLICY } from './effective-policy.ts';
import { lazySchemas } from './lazy-schema.ts';
import type { PackInWorkspace } from './pack-in-workspace.ts';
import { toolDefinition } from './tool-definition.ts';
import type { CachePolicy, EffectivePolicy, ToolEntry, ToolRunner } from './tool-entry.ts';
import type { EnabledPack } from './workspace.ts';

/** What the tools of an enabled pack are made from. */
export interface PackRuntime {
  readonly instance: PackInWorkspace;
  /** The pack's scope of the container. */
  readonly scope: ServiceScope;
  readonly adapter: BatchingAdapter;
  readonly packHttp: PackHttpFactory;
  readonly declaredCalls: DeclaredCallFactory;
  /** How the tools of its ToolUniverse files work, by name. */
  readonly works: ReadonlyMap<string, UniverseWork>;
  readonly defaults: CallDefaults;
  /** How long results are fresh where a tool does not say. */
  readonly cacheTtlMs: number;
  /** The MCP servers of the pack, by name. */
  readonly mcpServer: (name: string) => McpSource | undefined;
  readonly workflows: WorkflowEngine;
  readonly onFailure: (error: CapstanError) => void;
  readonly onStarted: () => void;
}

/** Makes the tools of a pack for one workspace. Nothing of the pack's code is loaded yet. */
export function enablePack(runtime: PackRuntime): EnabledPack {
  const { manifest } = runtime.instance.sources;
  return { instance: runtime.instance, tools: manifest.tools.map((tool) => toolEntry(runtime, tool)) };
}

/** The tool type by which a tool finds its connection. */
export function connectionTypeOf(tool: ManifestTool, packCode: string): string {
  if (tool.backend.kind === 'mcp') return tool.backend.server;
  return tool.backend.kind === 'remote' ? tool.backend.toolType : toolTypeOf(tool.name, packCode);
}

function toolEntry(runtime: PackRuntime, tool: ManifestTool): Omit<ToolEntry, 'exposedName'> {
  const { manifest } = runtime.instance.sources;
  const definition = withInputs(toolDefinition(manifest, tool), tool);
  const policy = effectivePolicy(tool, runtime.defaults, packPolicyOf(runtime, connectionTypeOf(tool, manifest.code)));
  return {
    definition,
    owner: manifest.code,
    policy,
    ...lazySchemas(definition),
    runner: runnerOf(runtime, definition.id, tool, policy),
    contextKeys: tool.backend.kind === 'remote' ? tool.backend.context : [],
    ...(tool.breaker === undefined || hasEndpoint(tool.backend) ? {} : { ownBreaker: tool.breaker }),
    ...(tool.fallback === undefined ? {} : { fallback: tool.fallback }),
    ...(tool.cache === undefined ? {} : { cache: cachePolicyOf(tool, tool.cache, runtime) }),
  };
}

function cachePolicyOf(
  { backend }: ManifestTool,
  { ttlS, staleS, tags }: NonNullable<ManifestTool['cache']>,
  { instance, cacheTtlMs }: PackRuntime,
): CachePolicy {
  return {
    ttlMs: ttlS === undefined ? cacheTtlMs : ttlS * 1_000,
    staleMs: (staleS ?? 0) * 1_000,
    tags,
    implementation: [instance.sources.manifest.version, backend],
  };
}

/** Whether calls go straight to an endpoint, which has a breaker of its own. */
function hasEndpoint({ kind }: ToolBackend): boolean {
  return kind === 'remote' || kind === 'http';
}

/** What the operator says in capstan.yaml, else what the pack's own config says in the seed's words. */
function packPolicyOf({ instance }: PackRuntime, toolType: string): PackPolicy {
  const { pack, manifest } = instance.sources;
  const own = pack.settings?.policy ?? NO_PACK_POLICY;
  if (!asksForPolicy(manifest.configSchema)) return own;
  const [binding] = instance.allBindings([toolType]);
  return binding === undefined ? own : mergePolicies(policyFromConfig(binding.connection.config), own);
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
        onStarted: runtime.onStarted,
      });
    case 'http':
      return httpRunner({ ...shared, reading: runtime.declaredCalls.http(backend.spec, manifestOf(runtime)) });
    case 'joined':
      return httpRunner({ ...shared, reading: universeCall(runtime, tool.name) });
    case 'mcp': {
      const source = runtime.mcpServer(backend.server);
      if (source === undefined) return unsupportedRunner(toolId, `its MCP server ${backend.server} cannot be read`);
      return source.runner(backend.tool, toolId);
    }
    case 'workflow':
      return compositionRunner(runtime, toolId, tool);
    default:
      return unsupportedRunner(toolId, backend.reason);
  }
}

function manifestOf({ instance }: PackRuntime): PackManifest {
  return instance.sources.manifest;
}

function universeCall({ works, declaredCalls, instance }: PackRuntime, name: string): DeclaredCallReading {
  const work = works.get(name);
  if (work === undefined) return { ok: false, reason: 'its file no longer holds it' };
  return { ok: true, call: declaredCalls.universe(name, work, instance.sources.manifest.code) };
}

function compositionRunner({ workflows, instance }: PackRuntime, toolId: string, tool: ManifestTool): ToolRunner {
  const { definition, diagnostics } = workflowOf(tool);
  if (definition !== undefined) {
    const namespace = instance.sources.manifest.code;
    return workflowRunner({ toolId, namespace, definition, engine: workflows });
  }
  const first = diagnostics.find(({ severity }) => severity === 'error');
  return unsupportedRunner(toolId, `its workflow cannot run: ${first?.message ?? 'it cannot be read'}`);
}

/** A workflow that declares its inputs says with them what its tool takes. */
function withInputs(definition: ToolDefinition, tool: ManifestTool): ToolDefinition {
  if (tool.backend.kind !== 'workflow' || !Object.hasOwn(tool.backend.spec, 'inputs')) return definition;
  const { definition: workflow } = workflowOf(tool);
  return workflow === undefined ? definition : { ...definition, inputSchema: workflow.inputSchema };
}
