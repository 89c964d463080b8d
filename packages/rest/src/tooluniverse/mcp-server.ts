import type { JsonObject } from '@capstan/sdk';
import { numberIn, objectIn, textIn, textsIn } from './entry-fields.ts';
import type { ToolPlace, ToolUniverseMcpServer } from './tooluniverse-tool.ts';

/** The types whose entries are about an MCP server. */
export const MCP_TYPES: readonly string[] = ['MCPAutoLoaderTool', 'MCPClientTool', 'MCPProxyTool'];

/** A server, or why there is none. */
export type McpServerReading =
  | { readonly ok: true; readonly server: ToolUniverseMcpServer }
  | { readonly ok: false; readonly reason: string; readonly hint: string };

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-?[^}]*)?\}/g;
const LOADER_PREFIX = 'mcp_';
/** In s, as ToolUniverse has them. */
const LOADER_TIMEOUT = 5;
const CLIENT_TIMEOUT = 600;

/** Reads the MCP server of an entry. */
export function readMcpServer(
  entry: JsonObject,
  { name, type, place }: { name: string; type: string; place: ToolPlace },
): McpServerReading {
  const url = textIn(entry, 'server_url');
  if (url === undefined) return { ok: false, reason: 'it has no server_url', hint: 'Name the URL of the MCP server.' };
  const transport = (textIn(entry, 'transport') ?? 'http').toLowerCase();
  if (transport === 'websocket') {
    return { ok: false, reason: 'its server speaks over a websocket', hint: 'Serve it over Streamable HTTP.' };
  }
  const isLoader = type === 'MCPAutoLoaderTool';
  const headers = headersOf(entry);
  const tokenVariable = textIn(entry, 'auth_env');
  const seconds = numberIn(entry, 'timeout') ?? (isLoader ? LOADER_TIMEOUT : CLIENT_TIMEOUT);
  const texts = [url, ...Object.values(headers)];
  return {
    ok: true,
    server: {
      name,
      description: textIn(entry, 'description') ?? '',
      serverUrl: endpointOf(url, transport),
      transport: transport === 'sse' ? 'sse' : 'http',
      toolPrefix: typeof entry.tool_prefix === 'string' ? entry.tool_prefix : isLoader ? LOADER_PREFIX : '',
      selectedTools: selectedIn(entry, type),
      timeoutMs: Math.round(seconds * 1_000),
      headers,
      tokenVariable,
      variables: [
        ...new Set([
          ...texts.flatMap((text) => Array.from(text.matchAll(VARIABLE), ([, variable = '']) => variable)),
          ...(tokenVariable === undefined ? [] : [tokenVariable]),
          ...textsIn(entry, 'required_api_keys'),
        ]),
      ],
      place,
    },
  };
}

/** ToolUniverse appends the endpoint where a URL does not end with it. */
function endpointOf(url: string, transport: string): string {
  const trimmed = url.replace(/\/+$/, '');
  return transport === 'sse' || trimmed.endsWith('/mcp') ? trimmed : `${trimmed}/mcp`;
}

function selectedIn(entry: JsonObject, type: string): readonly string[] | undefined {
  const target = type === 'MCPProxyTool' ? textIn(entry, 'target_tool_name') : undefined;
  if (target !== undefined) return [target];
  return Array.isArray(entry.selected_tools) ? textsIn(entry, 'selected_tools') : undefined;
}

function headersOf(entry: JsonObject): Readonly<Record<string, string>> {
  const written = Object.entries(objectIn(entry, 'headers')).map(([name, value]) => [name, String(value)]);
  const named = Object.entries(objectIn(entry, 'http_headers_from_env')).map(([name, value]) => [
    name,
    `\${${String(value)}}`,
  ]);
  return Object.fromEntries([...written, ...named]);
}
