import { BACKEND_KINDS, CATEGORIES, DANGER_LEVELS } from '@capstan/sdk';
import { count, PERMISSIONS_SCHEMA, patterned, record, type SchemaObject, text, texts } from './schema-parts.ts';

/** The keys of a tool that say how it works; a tool has one of them. */
export const BACKEND_KEYS: readonly string[] = BACKEND_KINDS.map((kind) => (kind === 'code' ? 'backend' : kind));

/** Half a day: half of what a shared cache holds at most. */
const MAX_CACHE_S = 43_200;

const MAX_TIME_MS = 86_400_000;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** A schema that is written out, or named with `schema_path`. */
function jsonSchema(description: string): SchemaObject {
  return { type: ['object', 'boolean'], description };
}

function schemaFile(description: string): SchemaObject {
  return patterned(description, {
    pattern: '\\.(json|ya?ml)$',
    patternErrorMessage: 'must name a .json or .yaml file',
  });
}

const BACKENDS: SchemaObject = {
  backend: patterned('Code of the pack: "module:export".', {
    pattern: '^[^:]+:[^:]+$',
    patternErrorMessage: 'must have the form "module:export", such as "./dist/tools.js:sendMessage"',
  }),
  remote: record(
    'A call of the remote tool contract.',
    {
      tool_type: text('The part before the dot of the remote tool.'),
      action: text('The part after it.'),
      params: {
        type: 'object',
        description: `Fixed parameters; they may hold \${config.key}. Arguments of the call win.`,
      },
      context: texts('Context keys that travel beyond tenant, workspace and execution id.'),
      connection_param: text("The parameter that carries the connection's remote id."),
    },
    ['tool_type', 'action'],
  ),
  http: {
    type: 'object',
    required: ['url'],
    properties: {
      method: { enum: METHODS, default: 'GET' },
      url: text(`With {param} for arguments and \${config.key} for settings.`),
      path: { type: 'object' },
      query: { type: 'object' },
      headers: { type: 'object' },
      response: { type: 'object' },
    },
    description: 'A declared REST call.',
  },
  mcp: record(
    'A tool of an MCP server of this pack.',
    { server: text('Its name under mcp_servers.'), tool: text('The name of the tool there.') },
    ['server', 'tool'],
  ),
  workflow: {
    type: 'object',
    required: ['steps'],
    properties: { steps: { type: 'array', minItems: 1 }, inputs: { type: 'object' } },
    description: 'A composition of tools.',
  },
};

const LIMITS: SchemaObject = {
  timeout_ms: count('The longest time of one attempt, in ms (30,000).', 1, MAX_TIME_MS),
  deadline_ms: count('The longest time of the whole call, in ms (60,000).', 1, MAX_TIME_MS),
  rate_limit: {
    type: ['integer', 'object'],
    minimum: 1,
    required: ['limit', 'window_ms'],
    additionalProperties: false,
    properties: {
      limit: count('How many calls.', 1),
      window_ms: count('In which time, in ms, at most a day.', 1, 86_400_000),
      per: {
        enum: ['principal', 'workspace', 'connection'],
        default: 'principal',
        description: 'Whose calls count together.',
      },
    },
    description:
      'How often it may be called: a number per minute, or a limit, a window and whose calls count together.',
  },
  retry: record('When and how often a failed attempt is made again.', {
    max_retries: count('Attempts after the first (3).', 0, 20),
    base_ms: count('The longest first pause, in ms (250); pauses double, with full jitter.', 0, MAX_TIME_MS),
    max_ms: count('The longest pause, in ms (10,000).', 0, MAX_TIME_MS),
  }),
  breaker: record('When an endpoint is left alone.', {
    failure_threshold: count('Failures in a row that open the breaker (5).', 1),
    recovery_timeout_s: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 3600,
      description: 'How long it stays open, in s (60).',
    },
    success_threshold: count('Successes in a row that close it (3).', 1),
  }),
  cache: record('Keep results for a time. Only for tools that are read_only or idempotent.', {
    ttl_s: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: MAX_CACHE_S,
      description: 'How long they are fresh, in s (300).',
    },
    stale_s: {
      type: 'number',
      minimum: 0,
      maximum: MAX_CACHE_S,
      description: 'How long after that an old result may stand in while a new one is fetched, in s (0).',
    },
    tags: texts('Names under which results can be cleared.'),
  }),
  fallback: text('The tool that answers when this one fails, or "stale" for an old result.'),
};

/** For each backend: none of the others beside it. */
const ONE_BACKEND = Object.fromEntries(
  BACKEND_KEYS.slice(0, -1).map((key, index) => {
    const others = BACKEND_KEYS.slice(index + 1).map((other) => ({ required: [other] }));
    return [key, { not: { anyOf: others } }];
  }),
);

/** One entry of `tools:`. */
export const TOOL_SCHEMA: SchemaObject = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  patternProperties: { '^x-': {} },
  dependentSchemas: ONE_BACKEND,
  properties: {
    name: patterned('The name of the tool in its pack.', {
      pattern: '^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$',
      patternErrorMessage: 'must be letters, digits, _ and -, with dots between',
      maxLength: 128,
    }),
    display_name: text('The name for people.'),
    description: text('What it does, when to use it, what it does not do. Agents choose by this text.'),
    category: { type: 'string', examples: CATEGORIES, description: 'What it is about.' },
    tags: texts('Words for search.'),
    aliases: texts('Other names by which it can be called.'),
    provider: text('Whose service it is.'),
    examples: { type: 'array', description: 'Arguments of example calls.' },
    input_schema: jsonSchema('The JSON Schema of its arguments, or { schema_path: ./file.json }.'),
    output_schema: jsonSchema('The JSON Schema of its result, or { schema_path: ./file.json }.'),
    schema_path: schemaFile('A file of the pack with the input schema.'),
    danger_level: { enum: DANGER_LEVELS, description: 'How much harm it can do. Absent counts as a write.' },
    annotations: record("MCP's hints. What is absent is derived from danger_level.", {
      read_only: { type: 'boolean' },
      destructive: { type: 'boolean' },
      idempotent: { type: 'boolean' },
      open_world: { type: 'boolean' },
    }),
    permissions: PERMISSIONS_SCHEMA,
    ...LIMITS,
    ...BACKENDS,
  },
};
