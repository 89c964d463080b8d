import type { JsonObject, JsonValue } from './json.ts';

/** One piece of content for an agent, in MCP's form (`type` text, image, audio, resource_link, resource …), kept as given. */
export interface ContentBlock {
  readonly type: string;
  readonly [key: string]: unknown;
}

const MARKER: unique symbol = Symbol.for('capstan.tool_result');

/** A result with content of its own, instead of the plain JSON value that most tools return. */
export interface ToolResult {
  readonly [MARKER]: true;
  readonly content: readonly ContentBlock[];
  /** For programs; what `output_schema` describes. */
  readonly structured?: JsonValue;
  /** Travels as MCP's `_meta`. */
  readonly meta?: JsonObject;
}

/** Builds a {@link ToolResult}. */
export function toolResult(parts: {
  readonly content: readonly ContentBlock[];
  readonly structured?: JsonValue;
  readonly meta?: JsonObject;
}): ToolResult {
  return { [MARKER]: true, ...parts };
}

/** Whether a handler's return value is a {@link ToolResult}, of any copy of this package. */
export function isToolResult(value: unknown): value is ToolResult {
  return typeof value === 'object' && value !== null && MARKER in value;
}
