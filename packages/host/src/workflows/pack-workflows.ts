import type { ManifestTool, PackManifest } from '@capstan/manifest';
import type { Diagnostic, DocumentPath, SourcePosition } from '@capstan/schema';
import { readWorkflow, type WorkflowReading } from '@capstan/workflow';

/** What the workflows of a manifest hold that is wrong, with its place in the manifest. */
export function workflowDiagnostics(
  manifest: PackManifest,
  locate: (path: DocumentPath) => SourcePosition,
): readonly Diagnostic[] {
  return manifest.tools.flatMap((tool) => {
    if (tool.backend.kind !== 'workflow') return [];
    const prefix = [...pathOf(tool, locate), 'workflow'];
    return read(tool, (path) => locate([...prefix, ...path])).diagnostics;
  });
}

/** The workflow of a tool, or why it is none. */
export function workflowOf(tool: ManifestTool): WorkflowReading {
  return read(tool, () => tool.position);
}

function read(tool: ManifestTool, locate: (path: DocumentPath) => SourcePosition): WorkflowReading {
  if (tool.backend.kind !== 'workflow') throw new Error('only a workflow is read as one');
  const inputSchema = tool.inputSchema;
  return readWorkflow(tool.backend.spec, { locate }, { inputSchema });
}

const MAX_TOOLS = 10_000;

/** Tools that a manifest declares twice are left out, so that a tool's place in it is not its place in the list. */
function pathOf({ position }: ManifestTool, locate: (path: DocumentPath) => SourcePosition): DocumentPath {
  for (let index = 0; index < MAX_TOOLS; index += 1) {
    const { line, column } = locate(['tools', index]);
    if (line === position.line && column === position.column) return ['tools', index];
  }
  return ['tools'];
}
