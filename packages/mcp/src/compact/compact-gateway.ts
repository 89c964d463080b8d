import { CapstanError, type InvocationResult, type JsonObject, type JsonValue, toWireError } from '@capstan/sdk';
import { errorText, OUTCOME_META_KEY } from '../call-result.ts';
import type { CatalogSnapshot, CatalogTool, McpCallAnswer, McpCaller, McpGateway, McpToolCall } from '../gateway.ts';
import { toolNamed } from '../tool-listing.ts';
import { COMPACT_CATALOG, type CompactToolName, isCompactTool, MAX_DESCRIBED, MAX_FOUND } from './compact-tools.ts';

/** Whether an endpoint lists its tools, or the four by which they are found and called. `auto`: by their number. */
export const COMPACT_MODES = ['auto', 'on', 'off'] as const;
export type CompactMode = (typeof COMPACT_MODES)[number];

/** A caller who says how the catalog is to be listed. */
export interface CompactCaller extends McpCaller {
  readonly compact?: CompactMode;
}

/** A gateway that can search its catalog. */
export interface SearchableGateway extends McpGateway {
  /** The tools that words find for a caller, best first. Without it, they are looked for in names and descriptions. */
  findTools?(caller: McpCaller, words: string): readonly CatalogTool[];
}

const DEFAULT_FOUND = 10;
const NOTHING = Promise.resolve(undefined);
const SHORT_DESCRIPTION = 160;
const compacted = new WeakMap<CatalogSnapshot, CatalogSnapshot>();

/**
 * A gateway that, above a number of tools, lists four instead: to find, to describe, to read and to write.
 *
 * 1. The inner tool is called through the gateway behind, so policy, limits, validation and audit meet it under its own name.
 * 2. A tool that is not known to read only counts as one that writes, and `call_read_tool` refuses it: a client can ask
 *    its user before each write, and let reads through.
 */
export function compactGateway(inner: SearchableGateway, threshold: number): McpGateway {
  const isCompact = (caller: CompactCaller, full: CatalogSnapshot): boolean => {
    const mode = caller.compact ?? 'auto';
    return mode === 'on' || (mode === 'auto' && full.tools.length > threshold);
  };
  const listed = (caller: McpCaller, full: CatalogSnapshot): CatalogSnapshot =>
    isCompact(caller, full) ? compactSnapshot(full) : full;
  return {
    ...(inner.upstreams === undefined ? {} : { upstreams: inner.upstreams }),
    ...(inner.longRunning === undefined ? {} : { longRunning: inner.longRunning }),
    ...(inner.storedResult === undefined
      ? {}
      : { storedResult: (caller, id) => inner.storedResult?.(caller, id) ?? NOTHING }),
    listTools: (caller) => {
      const full = inner.listTools(caller);
      return full instanceof Promise ? full.then((snapshot) => listed(caller, snapshot)) : listed(caller, full);
    },
    callTool: async (call) => {
      if (!isCompactTool(call.name)) return inner.callTool(call);
      const full = await inner.listTools(call.caller);
      return isCompact(call.caller, full) ? callCompact(inner, full, call.name, call) : inner.callTool(call);
    },
    onCatalogChanged: (workspace, listener) => inner.onCatalogChanged(workspace, listener),
  };
}

/** The same object for the same catalog, as a gateway promises. */
function compactSnapshot(full: CatalogSnapshot): CatalogSnapshot {
  const known = compacted.get(full);
  if (known !== undefined) return known;
  const made = { revision: full.revision, tools: COMPACT_CATALOG };
  compacted.set(full, made);
  return made;
}

function callCompact(
  inner: SearchableGateway,
  full: CatalogSnapshot,
  name: CompactToolName,
  call: McpToolCall,
): McpCallAnswer | Promise<McpCallAnswer> {
  switch (name) {
    case 'find_tools':
      return find(inner, full, call);
    case 'describe_tools':
      return describe(full, call.arguments);
    default:
      return callInner(inner, full, name, call);
  }
}

function find(inner: SearchableGateway, full: CatalogSnapshot, call: McpToolCall): McpCallAnswer {
  const { query, limit = DEFAULT_FOUND } = call.arguments;
  if (typeof query !== 'string') return refused(invalid('find_tools needs "query", a few words'));
  const size = typeof limit === 'number' ? Math.min(Math.max(1, Math.trunc(limit)), MAX_FOUND) : DEFAULT_FOUND;
  const found = inner.findTools?.(call.caller, query) ?? containing(full, query);
  return answered({ tools: found.slice(0, size).map(brief), found: found.length });
}

function describe(full: CatalogSnapshot, { names }: JsonObject): McpCallAnswer {
  const isList = Array.isArray(names) && names.length <= MAX_DESCRIBED;
  if (!isList || !names.every((name) => typeof name === 'string')) {
    return refused(invalid(`describe_tools needs "names", a list of at most ${MAX_DESCRIBED}`));
  }
  const known = names.map((name) => ({ name, tool: toolNamed(full, name) }));
  return answered({
    tools: known.flatMap(({ tool }) => (tool === undefined ? [] : [whole(tool)])),
    unknown: known.filter(({ tool }) => tool === undefined).map(({ name }) => name),
  });
}

async function callInner(
  inner: SearchableGateway,
  full: CatalogSnapshot,
  way: 'call_read_tool' | 'call_write_tool',
  call: McpToolCall,
): Promise<McpCallAnswer> {
  const { name, arguments: args = {} } = call.arguments;
  if (typeof name !== 'string') return refused(invalid(`${way} needs "name", the name of a tool`));
  if (typeof args !== 'object' || args === null || Array.isArray(args)) {
    return refused(invalid(`"arguments" of ${way} must be an object`));
  }
  const tool = toolNamed(full, name);
  if (way === 'call_read_tool' && tool !== undefined && !isReadOnly(tool)) return refused(mayWrite(name));
  const answer = await inner.callTool({ ...call, name, arguments: args as JsonObject });
  return answer.kind === 'unknown_tool' ? refused(unknown(name)) : answer;
}

/** Enough to choose by. */
function brief(tool: CatalogTool): JsonObject {
  const { description } = tool.definition;
  return {
    name: tool.exposedName,
    description: description.length <= SHORT_DESCRIPTION ? description : `${description.slice(0, SHORT_DESCRIPTION)}…`,
    call_with: callWith(tool),
  };
}

function whole(tool: CatalogTool): JsonObject {
  const { displayName, description, inputSchema, outputSchema } = tool.definition;
  return {
    name: tool.exposedName,
    ...(displayName === undefined ? {} : { title: displayName }),
    description,
    call_with: callWith(tool),
    input_schema: inputSchema as JsonValue,
    ...(outputSchema === undefined ? {} : { output_schema: outputSchema as JsonValue }),
  };
}

function callWith(tool: CatalogTool): string {
  return isReadOnly(tool) ? 'call_read_tool' : 'call_write_tool';
}

function isReadOnly({ definition }: CatalogTool): boolean {
  return definition.annotations.readOnly === true;
}

/** For gateways without an index: tools that hold every word. */
function containing({ tools }: CatalogSnapshot, query: string): readonly CatalogTool[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return tools.filter(({ exposedName, definition }) => {
    const text = `${exposedName} ${definition.displayName ?? ''} ${definition.description}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function answered(value: JsonObject): McpCallAnswer {
  return outcome({ value });
}

/** An error that the agent can mend. No tool was asked, so there is no execution to name. */
function refused(error: CapstanError): McpCallAnswer {
  const wire = toWireError(error);
  const meta = { [OUTCOME_META_KEY]: { status: 'failed', error: { ...wire } } };
  return outcome({
    value: null,
    verbatim: { content: [{ type: 'text', text: errorText(wire) }], isError: true, _meta: meta as JsonObject },
  });
}

function outcome(result: InvocationResult): McpCallAnswer {
  return { kind: 'outcome', outcome: { status: 'succeeded', executionId: '', result } };
}

function invalid(message: string): CapstanError {
  return new CapstanError('CAPSTAN_INVALID_ARGUMENTS', message, { hint: 'Correct the arguments by its inputSchema.' });
}

function unknown(name: string): CapstanError {
  return new CapstanError('CAPSTAN_TOOL_NOT_FOUND', `no such tool: ${JSON.stringify(name.slice(0, 128))}`, {
    hint: 'Look for it with find_tools.',
  });
}

function mayWrite(name: string): CapstanError {
  return new CapstanError(
    'CAPSTAN_INVALID_REQUEST',
    `${name} may change something, so call_read_tool does not call it`,
    {
      hint: 'Call it with call_write_tool.',
    },
  );
}
