import type { NamedItem, UpstreamServer } from '@capstan/mcp';
import { type CompiledSchema, compileSchema, createRedactor, type Redactor } from '@capstan/schema';
import type { JsonObject, JsonSchema, JsonValue, ToolAnnotations, ToolDefinition } from '@capstan/sdk';
import type { ToolState } from '../host.ts';
import type { CallDefaults } from '../settings/host-settings.ts';
import { effectivePolicy } from '../workspace/effective-policy.ts';
import type { ToolEntry, ToolRunner } from '../workspace/tool-entry.ts';

/** The `_meta` key under which a listed tool says that its server does not answer now. */
const STATE_META_KEY = 'capstan/state';

/** A tool of an MCP server, as a tool of the workspace. */
export function mcpToolEntry(parts: {
  readonly tool: NamedItem;
  readonly namespace: string;
  readonly owner: string;
  readonly server: UpstreamServer;
  readonly state: ToolState;
  readonly defaults: CallDefaults;
  readonly runner: ToolRunner;
}): Omit<ToolEntry, 'exposedName'> {
  const { server, defaults } = parts;
  const definition = definitionOf(parts);
  const deadlineMs = Math.max(defaults.deadlineMs, server.timeoutMs);
  return {
    definition,
    owner: parts.owner,
    server: server.name,
    policy: effectivePolicy({ timeoutMs: server.timeoutMs, deadlineMs }, defaults),
    ...foreignSchemas(definition.inputSchema),
    runner: parts.runner,
    contextKeys: [],
  };
}

function definitionOf({
  tool: { name, item },
  namespace,
  server,
  state,
}: Parameters<typeof mcpToolEntry>[0]): ToolDefinition {
  const ownName = `${server.prefix}${name}`;
  const title = textOf(item.title) ?? textOf(asObject(item.annotations)?.title);
  const outputSchema = asObject(item.outputSchema);
  return {
    id: `${namespace}.${ownName}`,
    name: ownName,
    pack: namespace,
    ...(title === undefined ? {} : { displayName: title }),
    description: textOf(item.description) ?? '',
    tags: [],
    aliases: [],
    backendKind: 'mcp',
    inputSchema: asObject(item.inputSchema) ?? { type: 'object' },
    ...(outputSchema === undefined ? {} : { outputSchema }),
    // What a server says of its own tools decides nothing, unless the operator believes it.
    annotations: server.trustAnnotations ? hintsOf(item) : {},
    permissions: [],
    examples: [],
    verbatim: state.kind === 'degraded' ? withState(item, state.reason.message) : item,
  };
}

/** The hints of a listed tool, in the product's words. */
export function hintsOf(item: JsonObject): ToolAnnotations {
  const hints = asObject(item.annotations) ?? {};
  const flag = <Key extends string>(key: Key, hint: string): { readonly [K in Key]?: boolean } => {
    const value = hints[hint];
    return typeof value === 'boolean' ? ({ [key]: value } as { readonly [K in Key]?: boolean }) : {};
  };
  return {
    ...flag('readOnly', 'readOnlyHint'),
    ...flag('destructive', 'destructiveHint'),
    ...flag('idempotent', 'idempotentHint'),
    ...flag('openWorld', 'openWorldHint'),
  };
}

/** Arguments are checked by what can be compiled of the schema; results are passed on, and are the client's to check. */
export function foreignSchemas(schema: JsonSchema): Pick<ToolEntry, 'input' | 'output' | 'redact'> {
  let input: CompiledSchema | undefined;
  let redact: Redactor | undefined;
  return {
    input() {
      if (input === undefined) {
        const compilation = compileSchema(schema, { origin: 'foreign' });
        input = compilation.ok ? compilation.schema : EVERYTHING;
      }
      return input;
    },
    output: () => undefined,
    redact(value) {
      redact ??= createRedactor(schema);
      return redact(value);
    },
  };
}

/** A schema that does not compile is its owner's to check. */
const EVERYTHING: CompiledSchema = { accepts: () => true, problems: () => [] };

function withState(item: JsonObject, reason: string): JsonObject {
  return { ...item, _meta: { ...asObject(item._meta), [STATE_META_KEY]: { kind: 'degraded', reason } } };
}

function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
