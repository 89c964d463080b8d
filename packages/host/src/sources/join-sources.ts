import { filesOf, type ManifestTool, type PackManifest } from '@capstan/manifest';
import type { DocumentPath, SourcePosition } from '@capstan/schema';
import type { JsonObject, JsonValue } from '@capstan/sdk';
import {
  brokenSource,
  type JoinedSource,
  type SourceFinding,
  type SourcePlace,
  type UniverseWork,
} from './joined-source.ts';
import { openApiSource } from './openapi-source.ts';
import { type SourceEntry, sourceEntries } from './source-entries.ts';
import { toolUniverseSource } from './tooluniverse-source.ts';

/** A manifest with the tools of its sources. */
export interface JoinedManifest {
  readonly manifest: PackManifest;
  /** How its tools of ToolUniverse work, by name. */
  readonly works: ReadonlyMap<string, UniverseWork>;
  readonly findings: readonly SourceFinding[];
}

/** A document may be longer than a manifest: whole APIs are described in one. */
const MAX_SOURCE_BYTES = 64 * 1024 * 1024;

const NO_WORKS: ReadonlyMap<string, UniverseWork> = new Map();

/**
 * Adds to a manifest what its `openapi:` and `tooluniverse:` files bring: tools, settings, MCP servers. What the manifest
 * itself says of a tool, a setting or a server of the same name stands. Nothing outside the folder is read. Never throws.
 */
export function joinSources(
  manifest: PackManifest,
  folder: string,
  locate: (path: DocumentPath) => SourcePosition,
): JoinedManifest {
  const readers = [
    ...sourceEntries(manifest, 'openapi').map((entry) => ({ entry, read: openApiSource })),
    ...sourceEntries(manifest, 'tooluniverse').map((entry) => ({ entry, read: toolUniverseSource })),
  ];
  if (readers.length === 0) return { manifest, works: NO_WORKS, findings: [] };
  const joined = readers.map(({ entry, read }) =>
    readSource({ entry, read, folder, place: { code: manifest.code, position: locate(entry.path) } }),
  );
  return {
    manifest: withSources(manifest, joined),
    works: new Map(joined.toReversed().flatMap(({ works }) => [...works])),
    findings: joined.flatMap(({ findings }) => findings),
  };
}

function readSource({
  entry,
  read,
  folder,
  place,
}: {
  readonly entry: SourceEntry;
  readonly read: (entry: SourceEntry, place: SourcePlace) => JoinedSource;
  readonly folder: string;
  readonly place: Omit<SourcePlace, 'text'>;
}): JoinedSource {
  const reading = filesOf(folder, MAX_SOURCE_BYTES).read(entry.file);
  if (!reading.ok) return brokenSource({ path: entry.path, message: reading.message, hint: reading.hint });
  return read(entry, { ...place, text: reading.text });
}

function withSources(manifest: PackManifest, joined: readonly JoinedSource[]): PackManifest {
  const { configSchema, sources } = manifest;
  const properties = Object.assign({}, ...joined.map((source) => source.properties), configSchema.properties);
  const isOwn = (key: string): boolean => Object.hasOwn(configSchema.properties, key);
  const required = joined.flatMap((source) => source.required).filter((key) => !isOwn(key));
  return {
    ...manifest,
    configSchema: { ...configSchema, properties, required: [...new Set([...configSchema.required, ...required])] },
    tools: withTools(manifest.tools, joined),
    sources: { ...sources, ...withServers(sources.mcp_servers, joined) },
  };
}

/** A later tool of a name that is taken would hide the earlier one. */
function withTools(own: readonly ManifestTool[], joined: readonly JoinedSource[]): readonly ManifestTool[] {
  const byName = new Map(own.map((tool) => [tool.name, tool]));
  for (const { tools } of joined) for (const tool of tools) if (!byName.has(tool.name)) byName.set(tool.name, tool);
  return [...byName.values()];
}

function withServers(own: JsonValue | undefined, joined: readonly JoinedSource[]): JsonObject {
  const added: JsonObject = Object.assign({}, ...joined.map(({ servers }) => servers));
  if (Object.keys(added).length === 0) return {};
  if (!Array.isArray(own)) return { mcp_servers: { ...added, ...(typeof own === 'object' ? own : {}) } };
  const more = Object.entries(added).map(([name, entry]) => ({ name, ...(entry as JsonObject) }));
  return { mcp_servers: [...more, ...own] };
}
