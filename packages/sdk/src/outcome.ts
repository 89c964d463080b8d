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

/** What answered in place of a tool that failed for good, and instead of which failure. */
export type InvocationFallback =
  | {
      readonly kind: 'tool';
      /** The id of the tool that answered. */
      readonly tool: string;
      /** Of the call of that tool. */
      readonly executionId: string;
      readonly insteadOf: CapstanError;
    }
  /** The last good result of the tool itself; its age in ms. */
  | { readonly kind: 'stale'; readonly ageMs: number; readonly insteadOf: CapstanError };

/** What became of one invocation. There is exactly one per invocation. */
export type InvocationOutcome =
  | {
      readonly status: 'succeeded';
      readonly executionId: string;
      readonly result: InvocationResult;
      /** Set where the tool itself failed, and something else answered. */
      readonly fallback?: InvocationFallback;
    }
  | {
      readonly status: 'failed';
      readonly executionId: string;
      readonly error: CapstanError;
      /** What the tool itself said of its failure, where it said something. */
      readonly result?: InvocationResult;
    }
  | { readonly status: 'denied'; readonly executionId: string; readonly error: CapstanError }
  | { readonly status: 'pending'; readonly executionId: string; readonly approval: { readonly id: string } };

/** A fallback as it stands on the wire, on every surface. */
export function toWireFallback(fallback: InvocationFallback): JsonObject {
  const { code, message } = fallback.insteadOf;
  const instead_of = { code, message };
  return fallback.kind === 'stale'
    ? { kind: 'stale', age_ms: fallback.ageMs, instead_of }
    : { kind: 'tool', tool: fallback.tool, execution_id: fallback.executionId, instead_of };
}
