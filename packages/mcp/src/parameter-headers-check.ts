import type { JsonObject, ToolDefinition } from '@capstan/sdk';
import { PROTOCOL_VERSION_META_KEY } from '@modelcontextprotocol/server';
import type { McpCaller, McpGateway } from './gateway.ts';
import { toolNamed } from './tool-listing.ts';
import { isObject } from './upstream/message.ts';
import { decodeHeaderValue, markedParameters } from './upstream/standard-headers.ts';

const HEADER_MISMATCH = -32_020;
const marked = new WeakMap<ToolDefinition, boolean>();

/** Whether calls of a tool repeat arguments in headers. */
export function hasMarkedParameters(definition: ToolDefinition): boolean {
  const known = marked.get(definition);
  if (known !== undefined) return known;
  const has = markedParameters(definition.inputSchema, {}).length > 0;
  marked.set(definition, has);
  return has;
}

/** The refusal of a call whose headers say something else than its arguments (SEP-2243); undefined where they agree. */
export async function refusalOfHeaders(
  gateway: McpGateway,
  caller: McpCaller,
  { request, body }: { readonly request: Request; readonly body: unknown },
): Promise<Response | undefined> {
  const call = isObject(body) && body.method === 'tools/call' && isObject(body.params) ? body.params : undefined;
  if (call === undefined || !isModern(call) || typeof call.name !== 'string') return undefined;
  const tool = toolNamed(await gateway.listTools(caller), call.name);
  if (tool === undefined || !hasMarkedParameters(tool.definition)) return undefined;
  const args = isObject(call.arguments) ? (call.arguments as JsonObject) : {};
  for (const { header, text } of markedParameters(tool.definition.inputSchema, args)) {
    const given = request.headers.get(header);
    const said = given === null ? undefined : decodeHeaderValue(given);
    if (said !== text || (given !== null && said === undefined)) return mismatch(header, body);
  }
  return undefined;
}

function isModern({ _meta: meta }: JsonObject): boolean {
  return isObject(meta) && PROTOCOL_VERSION_META_KEY in meta;
}

function mismatch(header: string, body: unknown): Response {
  const id = isObject(body) && 'id' in body ? body.id : null;
  const error = { code: HEADER_MISMATCH, message: `Header mismatch: ${header} does not say what the body says` };
  return Response.json({ jsonrpc: '2.0', error, id }, { status: 400 });
}
