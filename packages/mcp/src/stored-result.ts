import type { Result } from '@modelcontextprotocol/server';
import type { McpCaller, McpGateway } from './gateway.ts';

/** Results that a host kept back because of their size: `capstan://workspaces/{workspace}/results/{id}`. */
const RESULT_URI = /^capstan:\/\/workspaces\/([^/]+)\/results\/([^/]+)$/;

/** A large result, read as a resource; undefined for a request that asks for something else, or for what is not there. */
export async function storedResult(
  gateway: McpGateway,
  caller: McpCaller,
  { method, params }: { readonly method: string; readonly params: { readonly uri?: unknown } },
): Promise<Result | undefined> {
  const { uri } = params;
  if (method !== 'resources/read' || typeof uri !== 'string') return undefined;
  const [, workspace, id] = RESULT_URI.exec(uri) ?? [];
  if (workspace !== caller.workspace || id === undefined) return undefined;
  const text = await gateway.storedResult?.(caller, id);
  return text === undefined ? undefined : { contents: [{ uri, mimeType: 'application/json', text }] };
}
