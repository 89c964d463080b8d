import type { InvocationOutcome } from '@capstan/sdk';
import { type CallToolResult, ProtocolErrorCode, SERVER_INFO_META_KEY, Server } from '@modelcontextprotocol/server';
import { toCallToolResult } from '../call-result.ts';
import type { CatalogServerParts } from '../catalog-server.ts';
import type { CatalogTool, McpCallAnswer } from '../gateway.ts';
import { requireSendable } from '../sendable-result.ts';
import { listedOutputSchema } from '../tool-listing.ts';
import { isObject, type RpcErrorBody } from '../upstream/message.ts';
import { protocolErrorOf } from '../upstream/upstream-failure.ts';
import type { LaneRequest } from './lane-request.ts';

type Era = LaneRequest['era'];

/** Of revisions before 2026-07-28; the SDK says -32602 in all of them. */
const RESOURCE_NOT_FOUND = -32_002;

/** What a response says beside its id. */
export interface LaneAnswer {
  /** A member of a JSON-RPC response, without the braces around it: `"result":{…}` or `"error":{…}`. */
  readonly member: string | Buffer;
  /** The HTTP status, where it is not 200. */
  readonly status?: number;
}

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
  answerTo(era: Era, name: string, answer: McpCallAnswer, tool: CatalogTool | undefined): LaneAnswer {
    if (answer.kind === 'unknown_tool') {
      return errorAnswer({ code: ProtocolErrorCode.InvalidParams, message: `Unknown tool: ${name}` });
    }
    const { outcome } = answer;
    const refusal = outcome.status === 'failed' ? protocolErrorOf(outcome.error) : undefined;
    if (refusal !== undefined) return passedOn(era, refusal);
    if (outcome.status !== 'succeeded') return this.#resultMember(era, toCallToolResult(outcome, false));
    requireSendable(outcome.result);
    const schema = listedOutputSchema(tool?.definition.outputSchema);
    if (isPlainAnswer(outcome) && (schema === undefined || schema.type === 'object')) {
      return this.#plainMember(era, JSON.stringify(outcome.result.value));
    }
    const result = toCallToolResult(outcome, schema !== undefined);
    const projected = this.#legacy.projectCallToolResult(result, schema);
    // Revision 2026-07-28 carries any value: only the older one wraps it.
    return this.#resultMember(era, era === 'legacy' ? projected : unwrapped(projected, result));
  }

  #plainMember(era: Era, json: string): LaneAnswer {
    const content = `"content":[{"type":"text","text":${JSON.stringify(json)}}],"structuredContent":${json}`;
    return {
      member:
        era === 'legacy'
          ? `"result":{${content}}`
          : `"result":{${content},"resultType":"complete",${this.#serverInfoMember}}`,
    };
  }

  #resultMember(era: Era, result: CallToolResult): LaneAnswer {
    return { member: `"result":${JSON.stringify(era === 'legacy' ? result : this.#stamped(result))}` };
  }

  #stamped(result: CallToolResult): object {
    const complete = { ...result, resultType: Reflect.get(result, 'resultType') ?? 'complete' };
    const meta: unknown = result._meta;
    if (meta === undefined) return { ...complete, _meta: { [SERVER_INFO_META_KEY]: this.#serverInfo } };
    if (!isObject(meta) || meta[SERVER_INFO_META_KEY] !== undefined) return complete;
    return { ...complete, _meta: { ...meta, [SERVER_INFO_META_KEY]: this.#serverInfo } };
  }
}

/** A protocol error. */
export function errorAnswer(error: RpcErrorBody): LaneAnswer {
  const { code, message, data } = error;
  return { member: `"error":${JSON.stringify({ code, message, ...(data === undefined ? {} : { data }) })}` };
}

/** A protocol error of a server behind the gateway, under the code that the revisions have for it. */
function passedOn(era: Era, error: RpcErrorBody): LaneAnswer {
  const code = error.code === RESOURCE_NOT_FOUND ? ProtocolErrorCode.InvalidParams : error.code;
  const answer = errorAnswer({ ...error, code: Number.isSafeInteger(code) ? code : ProtocolErrorCode.InternalError });
  return era === 'modern' && code === ProtocolErrorCode.MissingRequiredClientCapability
    ? { ...answer, status: 400 }
    : answer;
}

/** A JSON object without anything of the tool's own around it, and with no way of its own into JSON. */
function isPlainAnswer({ result, fallback }: Extract<InvocationOutcome, { status: 'succeeded' }>): boolean {
  const { value, content, meta, verbatim } = result;
  if (content !== undefined || meta !== undefined || verbatim !== undefined || fallback !== undefined) return false;
  return isObject(value) && !('toJSON' in value);
}

function unwrapped(projected: CallToolResult, { structuredContent }: CallToolResult): CallToolResult {
  return structuredContent === undefined ? projected : { ...projected, structuredContent };
}
