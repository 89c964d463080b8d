import type { ConfigPropertySchema, ManifestTool, ToolBackend } from '@capstan/manifest';
import {
  checkableSchema,
  loadToolUniverse,
  type ToolUniverseMcpServer,
  type ToolUniverseReport,
  type ToolUniverseTool,
} from '@capstan/rest';
import type { JsonObject } from '@capstan/sdk';
import type { JoinedSource, SourceFinding, SourcePlace, UniverseWork } from './joined-source.ts';
import type { SourceEntry } from './source-entries.ts';

/** The entries of a ToolUniverse file as tools and MCP servers of a pack. */
export function toolUniverseSource(entry: SourceEntry, place: SourcePlace): JoinedSource {
  const { file, prefix, include, exclude } = entry;
  const { tools, mcpServers, report } = loadToolUniverse(
    { path: file, text: place.text },
    { ...(include === undefined ? {} : { include }), ...(exclude === undefined ? {} : { exclude }) },
  );
  return {
    tools: tools.map((tool) => manifestTool(tool, prefix, place)),
    works: new Map(tools.flatMap((tool) => workOf(tool, prefix))),
    properties: { ...settingsOf(tools), ...variablesOf(mcpServers) },
    required: [],
    servers: Object.fromEntries(mcpServers.map((server) => [server.name, declarationOf(server)])),
    findings: findingsOf(entry, report),
  };
}

/** No output schema: `return_schema` tells what the data mostly looks like, and a client would take it for a promise. */
function manifestTool(tool: ToolUniverseTool, prefix: string, { position }: SourcePlace): ManifestTool {
  const { timeoutMs, cacheTtlS, category } = tool;
  return {
    name: `${prefix}${tool.name}`,
    description: tool.description,
    ...(category === undefined ? {} : { category }),
    tags: [...new Set([...tool.tags, groupTag(tool.group)])],
    aliases: tool.aliases,
    examples: tool.examples,
    inputSchema: checkableSchema(tool.inputSchema).schema,
    dangerLevel: 'low',
    // Only what is sent by GET runs here.
    annotations:
      tool.work.kind === 'rest' ? { readOnly: true, destructive: false, idempotent: true, openWorld: true } : {},
    permissions: ['network_access'],
    backend: backendOf(tool),
    position,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(cacheTtlS === undefined ? {} : { cache: { ttlS: cacheTtlS, tags: [] } }),
  };
}

/** The file that an entry came from, without folder and ending: what its tools are grouped by. */
function groupTag(group: string): string {
  return group.replace(/^.*\//, '').replace(/\.jsonl?$/, '');
}

function backendOf({ work, type }: ToolUniverseTool): ToolBackend {
  if (work.kind === 'rest') return { kind: 'joined', source: 'tooluniverse' };
  return { kind: 'unsupported', declared: type, reason: `${work.reason}. ${work.hint}` };
}

function workOf({ name, work }: ToolUniverseTool, prefix: string): readonly [string, UniverseWork][] {
  return work.kind === 'rest' ? [[`${prefix}${name}`, { plan: work.plan, needs: work.needs }]] : [];
}

function settingsOf(tools: readonly ToolUniverseTool[]): Readonly<Record<string, ConfigPropertySchema>> {
  const runnable = tools.filter(({ work }) => work.kind === 'rest');
  return Object.fromEntries(
    runnable.flatMap(({ settings }) => Object.entries(settings).map(([key, setting]) => [key, { ...setting }])),
  );
}

/** A server's variables are settings too, so that the operator is asked for them. */
function variablesOf(servers: readonly ToolUniverseMcpServer[]): Readonly<Record<string, ConfigPropertySchema>> {
  return Object.fromEntries(
    servers.flatMap(({ name, variables }) =>
      variables.map((variable) => [
        variable.toLowerCase(),
        { type: 'string', 'x-secret': true, 'x-env': variable, description: `Of the MCP server ${name}` },
      ]),
    ),
  );
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-?[^}]*)?\}/g;

function declarationOf(server: ToolUniverseMcpServer): JsonObject {
  const { serverUrl, transport, toolPrefix, selectedTools, timeoutMs, headers, tokenVariable } = server;
  return {
    url: withSettings(serverUrl),
    transport: transport === 'sse' ? 'sse' : 'auto',
    timeout_ms: timeoutMs,
    ...(toolPrefix === '' ? {} : { prefix: toolPrefix }),
    ...(selectedTools === undefined ? {} : { selected_tools: [...selectedTools] }),
    ...(Object.keys(headers).length === 0
      ? {}
      : {
          headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, withSettings(value)])),
        }),
    ...(tokenVariable === undefined ? {} : { token: `\${config.${tokenVariable.toLowerCase()}}` }),
  };
}

function withSettings(text: string): string {
  return text.replaceAll(VARIABLE, (_whole, name: string) => `\${config.${name.toLowerCase()}}`);
}

const SHOWN = 5;

/** What does not run shows as a tool that says why; here stands what is no tool at all. */
function findingsOf({ path, file }: SourceEntry, report: readonly ToolUniverseReport[]): readonly SourceFinding[] {
  const invalid = report.filter(({ status }) => status === 'invalid');
  const unsupported = report.filter(({ status }) => status === 'unsupported');
  return [
    ...summary(invalid, (list, shown) => ({
      severity: 'warning',
      path,
      message: `${list.length} of the ${report.length} entries of '${file}' cannot be read: ${shown}`,
      hint: 'Mend the file, or leave them out with exclude.',
    })),
    ...summary(unsupported, (list, shown) => ({
      severity: 'warning',
      path,
      message: `${list.length} of the ${report.length} entries of '${file}' do not run here: ${shown}`,
      hint: 'Leave them out with include: { types: [BaseRESTTool] }, or run them behind mcp_servers.',
    })),
  ];
}

function summary(
  list: readonly ToolUniverseReport[],
  write: (list: readonly ToolUniverseReport[], shown: string) => SourceFinding,
): readonly SourceFinding[] {
  if (list.length === 0) return [];
  const shown = list.slice(0, SHOWN).map(({ name, reason }) => `${name ?? 'one without a name'} (${reason})`);
  return [write(list, `${shown.join(', ')}${list.length > SHOWN ? ` and ${list.length - SHOWN} more` : ''}`)];
}
