import type { CatalogTool } from '@capstan/mcp';
import { DANGER_LEVELS, type ToolAnnotations } from '@capstan/sdk';
import type { ToolHintsJson, ToolWithSchemasJson } from './views.ts';

/** A tool of the REST surface as the MCP server lists it. What a list leaves out is empty here, and MCP does not show it. */
export function toCatalogTool(tool: ToolWithSchemasJson): CatalogTool {
  const dangerLevel = DANGER_LEVELS.find((level) => level === tool.danger_level);
  return {
    exposedName: tool.name,
    definition: {
      id: tool.id,
      name: tool.id.slice(tool.pack.length + 1),
      pack: tool.pack,
      ...(tool.title === undefined ? {} : { displayName: tool.title }),
      description: tool.description,
      ...(tool.category === undefined ? {} : { category: tool.category }),
      tags: tool.tags,
      aliases: [],
      // The list does not say; for the server that runs it, it is one more remote tool.
      backendKind: 'remote',
      inputSchema: tool.input_schema,
      ...(tool.output_schema === undefined ? {} : { outputSchema: tool.output_schema }),
      ...(dangerLevel === undefined ? {} : { dangerLevel }),
      annotations: toAnnotations(tool.annotations),
      permissions: [],
      examples: [],
    },
  };
}

function toAnnotations(hints: ToolHintsJson): ToolAnnotations {
  const { read_only: readOnly, destructive, idempotent, open_world: openWorld } = hints;
  return {
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(destructive === undefined ? {} : { destructive }),
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(openWorld === undefined ? {} : { openWorld }),
  };
}
