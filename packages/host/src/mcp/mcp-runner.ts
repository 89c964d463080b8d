import { type CallerChannel, parameterHeaders, type Upstream } from '@capstan/mcp';
import { CapstanError, type InvocationResult, type JsonObject, type JsonValue, type ToolContext } from '@capstan/sdk';
import { CallContext } from '../backends/call-context.ts';
import { failedWith, UpstreamResult } from '../backends/upstream-result.ts';
import type { BoundTool } from '../workspace/tool-entry.ts';
import { hintsOf } from './mcp-tool-entry.ts';

const MAX_MESSAGE_CHARS = 500;

/** One tool of one server, over one connection. */
export function bindMcpTool(parts: {
  readonly upstream: Upstream;
  readonly toolName: string;
  readonly connectionId: string | undefined;
}): BoundTool {
  const { upstream, toolName, connectionId } = parts;
  return {
    connectionId,
    run: async (input, context) => {
      const args = { ...input } as JsonObject;
      const item = upstream.offer.tools.find(({ name }) => name === toolName)?.item;
      const result = await upstream.request({
        ...callerParts(context),
        method: 'tools/call',
        params: { name: toolName, arguments: args },
        signal: context.signal,
        headers: parameterHeaders(item?.inputSchema, args),
        isRepeatable: upstream.server.trustAnnotations && item !== undefined && isRepeatable(item),
      });
      return outcomeOf(result, upstream.server.name);
    },
  };
}

function isRepeatable(item: JsonObject): boolean {
  const { readOnly, idempotent } = hintsOf(item);
  return readOnly === true || idempotent === true;
}

const NOTHING: JsonObject = Object.freeze({});
const FORMS: JsonObject = Object.freeze({ elicitation: { form: {} } });

/** On whose behalf a server is asked, and the way back to the caller. */
export function callerParts(
  context: ToolContext,
): Pick<Parameters<Upstream['request']>[0], 'owner' | 'channel' | 'meta' | 'onProgress'> {
  const call = context instanceof CallContext ? context : undefined;
  const channel = call?.channel ?? (call?.canElicit === true ? formsOnly(context) : undefined);
  return {
    owner: {
      workspace: context.workspaceId,
      principal: context.principal.id,
      capabilities: channel?.capabilities ?? NOTHING,
    },
    ...(channel === undefined ? {} : { channel }),
    ...metaFor(call),
    // MCP's step has the shape of ours, and may hold more: it is passed on whole.
    onProgress: (step) => context.progress(step as never),
  };
}

/** The caller's own `_meta`; what is traced here goes on as a part of our span (SEP-414). */
function metaFor(call: CallContext | undefined): { readonly meta?: JsonObject } {
  const { meta, traceparent, tracestate } = call ?? {};
  if (traceparent === undefined) return meta === undefined ? {} : { meta };
  return { meta: { ...meta, traceparent, ...(tracestate === undefined ? {} : { tracestate }) } };
}

/** A caller that is no MCP client, but can show a form. */
function formsOnly(context: ToolContext): CallerChannel {
  return {
    capabilities: FORMS,
    logLevel: undefined,
    request: async ({ method, params }) => {
      if (method !== 'elicitation/create' || typeof params?.message !== 'string') {
        throw new CapstanError('CAPSTAN_TOOL_FAILED', `the caller cannot answer ${method}`);
      }
      const requestedSchema = (params.requestedSchema ?? {}) as JsonObject;
      return { ...(await context.elicit({ message: params.message, requestedSchema })) };
    },
    notify: () => undefined,
  };
}

function outcomeOf(verbatim: JsonObject, server: string): UpstreamResult {
  const result = resultOf(verbatim);
  if (verbatim.isError !== true) return new UpstreamResult(result);
  const said = texts(verbatim).join('\n').slice(0, MAX_MESSAGE_CHARS) || 'it gave no reason';
  const error = new CapstanError('CAPSTAN_REMOTE_REFUSED', `the tool failed: ${said}`, {
    details: { server },
    hint: 'Read what the tool says of its failure, correct the arguments, and call again.',
  });
  throw failedWith(error, result);
}

function resultOf(verbatim: JsonObject): InvocationResult {
  const { structuredContent, content, _meta: meta } = verbatim;
  return {
    value: structuredContent ?? plainValue(verbatim),
    content: (Array.isArray(content) ? content : []) as unknown as NonNullable<InvocationResult['content']>,
    ...(typeof meta === 'object' && meta !== null ? { meta: meta as JsonObject } : {}),
    verbatim,
  };
}

/** For callers that are not agents: the text, where there is nothing but text. */
function plainValue(verbatim: JsonObject): JsonValue {
  const { content } = verbatim;
  const found = texts(verbatim);
  return Array.isArray(content) && found.length > 0 && found.length === content.length ? found.join('\n') : null;
}

function texts({ content }: JsonObject): readonly string[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap((block: JsonValue) =>
    typeof block === 'object' && block !== null && 'text' in block && typeof block.text === 'string'
      ? [block.text]
      : [],
  );
}
