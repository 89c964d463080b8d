import type { JsonObject, ToolDefinition } from '@capstan/sdk';
import type { CatalogTool } from '../gateway.ts';

/** The tools of a compact endpoint. */
export const COMPACT_TOOLS = ['call_read_tool', 'call_write_tool', 'describe_tools', 'find_tools'] as const;
export type CompactToolName = (typeof COMPACT_TOOLS)[number];

export const MAX_FOUND = 50;
export const MAX_DESCRIBED = 20;

const NAME: JsonObject = { type: 'string', maxLength: 256, description: 'As find_tools says it' };
const CALL: JsonObject = {
  type: 'object',
  required: ['name'],
  properties: {
    name: NAME,
    arguments: { type: 'object', description: 'By the input_schema that describe_tools says' },
  },
  additionalProperties: false,
};

/** Their descriptions are short: each client pays for them with every conversation. */
const DEFINITIONS: Readonly<
  Record<CompactToolName, Pick<ToolDefinition, 'description' | 'inputSchema' | 'annotations'>>
> = {
  find_tools: {
    description: 'Finds tools by words. Start here: the tools of this server are not listed.',
    inputSchema: {
      type: 'object',
      required: ['query'],
      properties: {
        query: { type: 'string', maxLength: 500, description: 'What the tool should do, in a few words' },
        limit: { type: 'integer', minimum: 1, maximum: MAX_FOUND, default: 10 },
      },
      additionalProperties: false,
    },
    annotations: { readOnly: true, openWorld: false },
  },
  describe_tools: {
    description: 'Says what tools take and give: their schemas. Read it before the first call of a tool.',
    inputSchema: {
      type: 'object',
      required: ['names'],
      properties: { names: { type: 'array', items: NAME, minItems: 1, maxItems: MAX_DESCRIBED } },
      additionalProperties: false,
    },
    annotations: { readOnly: true, openWorld: false },
  },
  call_read_tool: {
    description: 'Calls a tool that only reads.',
    inputSchema: CALL,
    annotations: { readOnly: true },
  },
  call_write_tool: {
    description: 'Calls a tool that may change something.',
    inputSchema: CALL,
    annotations: { readOnly: false },
  },
};

/** The catalog of a compact endpoint, by name. */
export const COMPACT_CATALOG: readonly CatalogTool[] = COMPACT_TOOLS.map((name) => ({
  exposedName: name,
  definition: {
    id: `capstan.${name}`,
    name,
    pack: 'capstan',
    tags: [],
    aliases: [],
    backendKind: 'code',
    permissions: [],
    examples: [],
    ...DEFINITIONS[name],
  },
}));

/** Whether a name is that of a compact tool. */
export function isCompactTool(name: string): name is CompactToolName {
  return (COMPACT_TOOLS as readonly string[]).includes(name);
}
