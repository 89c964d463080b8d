import { plainText } from '@capstan/schema';
import type { InvocationOutcome, InvocationResult, JsonObject, JsonValue, WireError } from '@capstan/sdk';
import { toWireError, toWireFallback } from '@capstan/sdk';
import type { CallToolResult } from '@modelcontextprotocol/server';

/** The `_meta` key under which a program finds what the text of a failed or pending call says to a person. */
export const OUTCOME_META_KEY = 'capstan/outcome';

/**
 * An outcome in the form of MCP's `CallToolResult`, before the revision's own projection of `structuredContent`.
 *
 * A tool's own content and meta go out as they are. A JSON value goes out as `structuredContent` and as text; a bare
 * string or null of a tool without an output schema is text alone, since there is no structure in it.
 */
export function toCallToolResult(outcome: InvocationOutcome, hasOutputSchema: boolean): CallToolResult {
  switch (outcome.status) {
    case 'succeeded':
      return succeeded(withFallback(outcome), hasOutputSchema);
    case 'pending':
      return unfinished(pendingText(outcome.executionId, outcome.approval.id), {
        execution_id: outcome.executionId,
        status: 'pending',
        approval: { id: outcome.approval.id },
      });
    default: {
      const said = outcome.status === 'failed' ? outcome.result?.verbatim : undefined;
      if (said !== undefined) return asCallToolResult(said);
      const error = toWireError(outcome.error, outcome.executionId);
      return unfinished(errorText(error), {
        execution_id: outcome.executionId,
        status: outcome.status,
        error: { ...error },
      });
    }
  }
}

/** The `_meta` key that says what answered in place of a tool that failed. */
const FALLBACK_META_KEY = 'capstan/fallback';

function withFallback({ result, fallback }: Extract<InvocationOutcome, { status: 'succeeded' }>): InvocationResult {
  if (fallback === undefined) return result;
  const wire = toWireFallback(fallback);
  if (result.verbatim === undefined) return { ...result, meta: { ...result.meta, [FALLBACK_META_KEY]: wire } };
  const { _meta: own } = result.verbatim;
  const meta = typeof own === 'object' && own !== null && !Array.isArray(own) ? own : {};
  return { ...result, verbatim: { ...result.verbatim, _meta: { ...meta, [FALLBACK_META_KEY]: wire } } };
}

/** An error as an agent reads it: code and message, every problem, the next action, the id for the operator. */
export function errorText(error: WireError): string {
  const { problems, ...others } = error.details;
  const lines = [`${error.code}: ${plainText(error.message)}`];
  if (Array.isArray(problems)) for (const problem of problems) lines.push(`- ${problemText(problem)}`);
  if (Object.keys(others).length > 0) lines.push(`details: ${plainText(JSON.stringify(others))}`);
  // The list stands right above, without its name.
  lines.push(`hint: ${error.hint.replace('listed in details.problems', 'listed above')}`);
  if (error.retriable) lines.push('The same call may succeed later.');
  if (error.execution_id !== undefined) lines.push(`execution: ${error.execution_id}`);
  return lines.join('\n');
}

function succeeded(result: InvocationResult, hasOutputSchema: boolean): CallToolResult {
  if (result.verbatim !== undefined) return asCallToolResult(result.verbatim);
  const isStructured = isStructuredValue(result.value, hasOutputSchema, result.content !== undefined);
  const content = result.content ?? [{ type: 'text', text: valueText(result.value, hasOutputSchema) }];
  return {
    // A tool's content is passed through untouched, kinds that this revision of the SDK does not know included.
    content: content as unknown as CallToolResult['content'],
    ...(isStructured ? { structuredContent: result.value as NonNullable<CallToolResult['structuredContent']> } : {}),
    ...(result.meta === undefined ? {} : { _meta: { ...result.meta } }),
  };
}

/** An MCP server's own result, whatever stands in it. */
function asCallToolResult(result: JsonObject): CallToolResult {
  return { content: [], ...result } as unknown as CallToolResult;
}

function isStructuredValue(value: JsonValue, hasOutputSchema: boolean, hasOwnContent: boolean): boolean {
  if (hasOutputSchema) return value !== null || !hasOwnContent;
  return value !== null && typeof value !== 'string';
}

function valueText(value: JsonValue, hasOutputSchema: boolean): string {
  return typeof value === 'string' && !hasOutputSchema ? value : JSON.stringify(value);
}

/** `isError`, so that no client takes it for the result that the output schema promises. */
function unfinished(text: string, outcome: JsonObject): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true, _meta: { [OUTCOME_META_KEY]: outcome } };
}

function pendingText(executionId: string, approvalId: string): string {
  return [
    'PENDING: this call waits for the approval of an operator; it has not run yet.',
    `hint: ask an operator to decide on approval ${approvalId}, and do not repeat the call meanwhile.`,
    `execution: ${executionId}`,
  ].join('\n');
}

function problemText(problem: JsonValue): string {
  if (typeof problem !== 'object' || problem === null || !('message' in problem)) return JSON.stringify(problem);
  const pointer = typeof problem.pointer === 'string' && problem.pointer !== '' ? `${problem.pointer}: ` : '';
  const hint = typeof problem.hint === 'string' ? ` (${problem.hint})` : '';
  return `${pointer}${String(problem.message)}${hint}`;
}
