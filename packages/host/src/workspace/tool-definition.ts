import type { ManifestTool, PackManifest, ToolBackend } from '@capstan/manifest';
import type { BackendKind, ToolDefinition } from '@capstan/sdk';

/** What everybody may know of a manifest's tool. */
export function toolDefinition(manifest: PackManifest, tool: ManifestTool): ToolDefinition {
  return {
    id: `${manifest.code}.${tool.name}`,
    name: tool.name,
    pack: manifest.code,
    ...(tool.displayName === undefined ? {} : { displayName: tool.displayName }),
    description: tool.description,
    ...(tool.category === undefined ? {} : { category: tool.category }),
    tags: tool.tags,
    aliases: tool.aliases,
    backendKind: backendKind(tool.backend),
    inputSchema: tool.inputSchema,
    ...(tool.outputSchema === undefined ? {} : { outputSchema: tool.outputSchema }),
    ...(tool.dangerLevel === undefined ? {} : { dangerLevel: tool.dangerLevel }),
    annotations: tool.annotations,
    permissions: [...new Set([...manifest.permissions, ...tool.permissions])],
    examples: tool.examples,
  };
}

/** What cannot run here was code of another language; what a source brought calls a service. */
function backendKind({ kind }: ToolBackend): BackendKind {
  if (kind === 'unsupported') return 'code';
  return kind === 'joined' ? 'http' : kind;
}
