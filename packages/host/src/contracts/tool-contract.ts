import { createHash } from 'node:crypto';
import { canonicalJson } from '@capstan/schema';
import type { JsonObject, JsonValue, ToolDefinition } from '@capstan/sdk';

/** What was accepted of a tool: all that an agent reads of it before it calls. */
export interface ToolContract {
  readonly contract: JsonObject;
  /** SHA-256 of its canonical JSON (RFC 8785), in hex. */
  readonly digest: string;
}

/** One member that is not as it was. Absent means that it was, or is, not there. */
export interface ContractChange {
  /** JSON Pointer (RFC 6901). */
  readonly pointer: string;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
}

/** The contract of a tool as it is now. What an MCP server says counts, also where nobody believes it. */
export function contractOf(definition: ToolDefinition): ToolContract {
  const { name, displayName, description, inputSchema, outputSchema, annotations, verbatim, dangerLevel } = definition;
  const said: unknown = verbatim?.annotations ?? annotations;
  const text = canonicalJson({
    name,
    title: displayName,
    description,
    input_schema: inputSchema,
    output_schema: outputSchema,
    annotations: said,
    danger_level: dangerLevel,
  });
  return {
    digest: createHash('sha256').update(text).digest('hex'),
    // Most contracts are compared and never looked at.
    get contract(): JsonObject {
      return JSON.parse(text);
    },
  };
}

/** Member by member, in the order of the pointers. */
export function contractChanges(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  pointer = '',
): readonly ContractChange[] {
  if (before !== undefined && after !== undefined && canonicalJson(before) === canonicalJson(after)) return [];
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => contractChanges(before[key], after[key], `${pointer}/${escaped(key)}`));
  }
  return [{ pointer, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
