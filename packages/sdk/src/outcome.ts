import type { CapstanError } from './capstan-error.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { ContentBlock } from './tool-result.ts';

/** What a tool gave back. */
export interface InvocationResult {
  /** The JSON value of the result. */
  readonly value: JsonValue;
  /** Content of the tool's own, where it made some; otherwise the value is the content. */
  readonly content?: readonly ContentBlock[];
  readonly meta?: JsonObject;
  /** The whole result as an MCP server gave it; a surface that speaks MCP hands it on as it is. */
  readonly verbatim?: JsonObject;
}

/** What became of one invocation. There is exactly one per invocation. */
export type InvocationOutcome =
  | { readonly status: 'succeeded'; readonly executionId: string; readonly result: InvocationResult }
  | {
      readonly status: 'failed';
      readonly executionId: string;
      readonly error: CapstanError;
      /** What the tool itself said of its failure, where it said something. */
      readonly result?: InvocationResult;
    }
  | { readonly status: 'denied'; readonly executionId: string; readonly error: CapstanError }
  | { readonly status: 'pending'; readonly executionId: string; readonly approval: { readonly id: string } };
