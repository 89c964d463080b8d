import type { SourcePosition } from '@capstan/schema';
import { TOOL_SCHEMA } from '../format/tool-schema.ts';
import type { ManifestTool } from '../pack-manifest.ts';
import { type Fields, isFields, listAt, member, textAt, textsAt } from '../record.ts';
import { readTool } from './read-tool.ts';
import type { ReadingContext } from './reading-context.ts';

/** Reads the tools of a manifest. Of two with one name, or an alias that is taken, the first stays. */
export function readTools(manifest: Fields, packName: string, context: ReadingContext): readonly ManifestTool[] {
  const mcpServers = mcpServersOf(manifest);
  const taken = new Map<string, SourcePosition>();
  const tools: ManifestTool[] = [];
  for (const [index, fields] of listAt(manifest, 'tools').entries()) {
    if (!isFields(fields)) continue;
    const path = ['tools', index];
    const name = textAt(fields, 'name');
    if (name === undefined || !isFree(name, [...path, 'name'], taken, context)) continue;
    const aliases = textsAt(fields, 'aliases').filter((alias, at) =>
      isFree(alias, [...path, 'aliases', at], taken, context),
    );
    const isBare = Object.keys(fields).every((key) => key === 'name' || !isToolKey(key));
    const tool = readTool(fields, { name, path, aliases, isBare, mcpServers, packName }, context);
    if (tool) tools.push(tool);
  }
  return tools;
}

/** Takes a name for the pack, or says who has it. */
function isFree(
  name: string,
  path: readonly (string | number)[],
  taken: Map<string, SourcePosition>,
  { report }: ReadingContext,
): boolean {
  const first = taken.get(name);
  if (!first) {
    taken.set(name, report.locate(path));
    return true;
  }
  const message = `'${name}' is taken: the tool at ${first.path}:${first.line}:${first.column} has this name, and stays`;
  const finding = { message, hint: 'Rename one of the two.', survivable: true };
  report.add('CAPSTAN_MANIFEST_DUPLICATE_TOOL', path, finding);
  return false;
}

function isToolKey(key: string): boolean {
  return isFields(TOOL_SCHEMA.properties) && Object.hasOwn(TOOL_SCHEMA.properties, key);
}

/** The names of the MCP servers that the pack brings: keys of an object, or `name` in a list. */
function mcpServersOf(manifest: Fields): ReadonlySet<string> {
  const servers = member(manifest, 'mcp_servers');
  if (isFields(servers)) return new Set(Object.keys(servers));
  return new Set(
    listAt(manifest, 'mcp_servers').flatMap((server) => (isFields(server) ? (textAt(server, 'name') ?? []) : [])),
  );
}
