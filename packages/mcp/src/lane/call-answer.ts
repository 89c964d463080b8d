import type { InvocationResult, JsonValue } from '@capstan/sdk';
import { type CallToolResult, ProtocolErrorCode, SERVER_INFO_META_KEY, Server } from '@modelcontextprotocol/server';
import { toCallToolResult } from '../call-result.ts';
import type { CatalogServerParts } from '../catalog-server.ts';
import type { CatalogTool, McpCallAnswer } from '../gateway.ts';
import { listedOutputSchema } from '../tool-listing.ts';
import { protocolErrorOf } from '../upstream/upstream-failure.ts';
import type { LaneRequest } from './lane-request.ts';

type Era = LaneRequest['era'];

/** A member of a JSON-RPC response, without the braces around it: `"result":{…}` or `"error":{…}`. */
export type ResponseMember = string;

/**
 * Writes what became of a call, as the SDK writes it.
 *
 * A plain object, which most tools answer, is made into JSON once: the same text is the structured content and, quoted,
 * the text of the result. Everything rarer goes the way of the SDK's server, including its projection of values that a
 * revision cannot carry.
 */
export class CallAnswers {
  readonly #serverInfo: CatalogServerParts['implementation'];
  readonly #serverInfoMember: string;
  /** Never connected, and so of the older revision: for its projection alone. */
  readonly #legacy: Server;

  constructor(implementation: CatalogServerParts['implementation']) {
    this.#serverInfo = implementation;
    this.#serverInfoMember = `"_meta":${JSON.stringify({ [SERVER_INFO_META_KEY]: implementation })}`;
    this.#legacy = new Server(implementation, { capabilities: {} });
  }

  /** @throws TypeError for a value that JSON cannot carry */
  memberOf(era: Era, name: string, answer: McpCallAnswer, tool: CatalogTool | undefined): ResponseMember {
    if (answer.kind === 'unknown_tool') return errorMember(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name}`);
    const { outcome } = answer;
    const refusal = outcome.status === 'failed' ? protocolErrorOf(outcome.error) : undefined;
    if (refusal !== undefined) return errorMember(refusal.code, refusal.message, refusal.data);
    if (outcome.status !== 'succeeded') return this.#resultMember(era, toCallToolResult(outcome, false));
    const schema = listedOutputSchema(tool?.definition.outputSchema);
    if (isPlainAnswer(outcome.result) && (schema === undefined || schema.type === 'object')) {
      return this.#plainMember(era, JSON.stringify(outcome.result.value));
    }
    const result = toCallToolResult(outcome, schema !== undefined);
    const projected = this.#legacy.projectCallToolResult(result, schema);
    // Revision 2026-07-28 carries any value: only the older one wraps it.
    return this.#resultMember(era, era === 'legacy' ? projected : unwrapped(projected, result));
  }

  #plainMember(era: Era, json: string): ResponseMember {
    const content = `"content":[{"type":"text","text":${JSON.stringify(json)}}],"structuredContent":${json}`;
    return era === 'legacy'
      ? `"result":{${content}}`
      : `"result":{${content},"resultType":"complete",${this.#serverInfoMember}}`;
  }

  #resultMember(era: Era, result: CallToolResult): ResponseMember {
    return `"result":${JSON.stringify(era === 'legacy' ? result : this.#stamped(result))}`;
  }

  #stamped(result: CallToolResult): object {
    const complete = { ...result, resultType: 'complete' };
    const { _meta: meta } = result;
    if (meta?.[SERVER_INFO_META_KEY] !== undefined) return complete;
    return { ...complete, _meta: { ...meta, [SERVER_INFO_META_KEY]: this.#serverInfo } };
  }
}

/** A protocol error. */
export function errorMember(code: number, message: string, data?: JsonValue): ResponseMember {
  return `"error":${JSON.stringify({ code, message, ...(data === undefined ? {} : { data }) })}`;
}

/** A JSON object without content or meta of the tool's own, and with no way of its own into JSON. */
function isPlainAnswer({ value, content, meta, verbatim }: InvocationResult): boolean {
  if (content !== undefined || meta !== undefined || verbatim !== undefined) return false;
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('toJSON' in value);
}

function unwrapped(projected: CallToolResult, { structuredContent }: CallToolResult): CallToolResult {
  return structuredContent === undefined ? projected : { ...projected, structuredContent };
}
