import type { JsonObject, JsonSchema, ToolAnnotations } from '@capstan/sdk';
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import type { CatalogSnapshot, CatalogTool } from './gateway.ts';

/** A tool in the form of MCP's `Tool`. */
export interface ListedTool {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, boolean>>;
}

/** One page of `tools/list`. */
export interface ToolPage {
  readonly tools: readonly ListedTool[];
  readonly nextCursor?: string;
}

/** Built at the first request after a change, and the same objects (so the same bytes) until the next one. */
const listings = new WeakMap<CatalogSnapshot, readonly ListedTool[]>();
const indexes = new WeakMap<CatalogSnapshot, ReadonlyMap<string, CatalogTool>>();

/**
 * One page of a catalog.
 * @throws ProtocolError -32602 for a cursor that was not made here.
 */
export function toolPage(snapshot: CatalogSnapshot, cursor: string | undefined, pageSize: number): ToolPage {
  const tools = listingOf(snapshot);
  const start = cursor === undefined ? 0 : firstAfter(tools, readCursor(cursor));
  const page = tools.slice(start, start + pageSize);
  const last = page.at(-1);
  const isComplete = last === undefined || start + pageSize >= tools.length;
  return isComplete ? { tools: page } : { tools: page, nextCursor: writeCursor(last.name) };
}

/** A tool of the catalog by exposed name, tool id or alias; exposed names win. */
export function toolNamed(snapshot: CatalogSnapshot, name: string): CatalogTool | undefined {
  let index = indexes.get(snapshot);
  if (!index) {
    index = indexOf(snapshot);
    indexes.set(snapshot, index);
  }
  return index.get(name);
}

/** An output schema that MCP can carry: an object document. */
export function listedOutputSchema(schema: JsonSchema | undefined): Readonly<Record<string, unknown>> | undefined {
  return typeof schema === 'object' ? schema : undefined;
}

function listingOf(snapshot: CatalogSnapshot): readonly ListedTool[] {
  const known = listings.get(snapshot);
  if (known) return known;
  const built = snapshot.tools.map(toListedTool);
  listings.set(snapshot, built);
  return built;
}

function indexOf(snapshot: CatalogSnapshot): ReadonlyMap<string, CatalogTool> {
  const index = new Map<string, CatalogTool>();
  const add = (name: string, tool: CatalogTool): void => {
    if (!index.has(name)) index.set(name, tool);
  };
  for (const tool of snapshot.tools) add(tool.exposedName, tool);
  for (const tool of snapshot.tools) add(tool.definition.id, tool);
  for (const tool of snapshot.tools) for (const alias of tool.definition.aliases) add(alias, tool);
  return index;
}

function toListedTool({ exposedName, definition }: CatalogTool): ListedTool {
  if (definition.verbatim !== undefined) return asListed(definition.verbatim, exposedName);
  const outputSchema = listedOutputSchema(definition.outputSchema);
  const annotations = toHints(definition.annotations);
  return {
    name: exposedName,
    ...(definition.displayName === undefined ? {} : { title: definition.displayName }),
    description: definition.description,
    inputSchema: objectSchema(definition.inputSchema),
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** A tool of an MCP server: as it was listed there, under the name that it has here. */
function asListed(verbatim: JsonObject, name: string): ListedTool {
  return { ...verbatim, name } as unknown as ListedTool;
}

/** MCP demands `type: object` at the root of an input schema; everything else stays as the author wrote it. */
function objectSchema(schema: JsonSchema): Readonly<Record<string, unknown>> {
  if (typeof schema === 'boolean') return { type: 'object' };
  return schema.type === 'object' ? schema : { ...schema, type: 'object' };
}

/** Only what is known: a hint that nobody gave is left to the client's (cautious) default. */
function toHints(annotations: ToolAnnotations): Readonly<Record<string, boolean>> | undefined {
  const hints = {
    readOnlyHint: annotations.readOnly,
    destructiveHint: annotations.destructive,
    idempotentHint: annotations.idempotent,
    openWorldHint: annotations.openWorld,
  };
  const known = Object.entries(hints).filter((hint): hint is [string, boolean] => hint[1] !== undefined);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

/** The cursor is the last name seen: it stays right when tools come or go between two pages. */
function writeCursor(name: string): string {
  return Buffer.from(JSON.stringify({ after: name })).toString('base64url');
}

function readCursor(cursor: string): string {
  const after = parseCursor(cursor);
  if (after === undefined) {
    throw new ProtocolError(
      ProtocolErrorCode.InvalidParams,
      'Invalid cursor: use the nextCursor of the last page as it is',
    );
  }
  return after;
}

function parseCursor(cursor: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    // Not JSON: answered like any other foreign cursor.
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('after' in value)) return undefined;
  return typeof value.after === 'string' ? value.after : undefined;
}

function firstAfter(tools: readonly ListedTool[], name: string): number {
  let low = 0;
  let high = tools.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const candidate = tools[middle];
    if (candidate !== undefined && candidate.name <= name) low = middle + 1;
    else high = middle;
  }
  return low;
}
