import { isLegacyRequest, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { isFeatureMethod } from './feature-requests.ts';
import { isObject } from './upstream/message.ts';

const OTHER_METHODS: ReadonlySet<unknown> = new Set([
  'tools/list',
  'tools/call',
  'server/discover',
  'subscriptions/listen',
]);

/**
 * Revision 2026-07-28 answers a method that nobody knows with HTTP 404 beside the JSON-RPC error. The SDK cannot know
 * which methods our fallback handler knows, and answers 200.
 */
export async function withStatusOfUnknown(response: Response, request: Request, body: unknown): Promise<Response> {
  if (response.status !== 200 || !isObject(body) || !('id' in body) || isKnown(body.method)) return response;
  if (await isLegacyRequest(request, body)) return response;
  const text = await response.text();
  const isUnknown = text.includes(String(ProtocolErrorCode.MethodNotFound));
  return new Response(text, { status: isUnknown ? 404 : 200, headers: response.headers });
}

function isKnown(method: unknown): boolean {
  return OTHER_METHODS.has(method) || (typeof method === 'string' && isFeatureMethod(method));
}
