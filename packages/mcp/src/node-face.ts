import type { IncomingMessage, ServerResponse } from 'node:http';
import { type NodeMcpRequestHandler, toNodeHandler } from '@modelcontextprotocol/node';
import type { AuthInfo, McpHttpHandler } from '@modelcontextprotocol/server';

/** Answers a request of `node:http` by a fetch handler. */
export type NodeFace = (
  request: IncomingMessage,
  response: ServerResponse,
  given: { readonly authInfo: AuthInfo; readonly body: unknown },
) => Promise<void>;

/** The SDK's way from `node:http` to its fetch handlers and back. */
export function toNodeFace(fetch: McpHttpHandler['fetch'], onError: (error: Error) => void): NodeFace {
  const handle = toNodeHandler({ fetch }, { onerror: onError });
  return (request, response, { authInfo, body }) => handle(withAuth(request, authInfo), flushing(response), body);
}

/** Node types what may be absent as `undefined`; the adapter reads both the same way. */
function withAuth(request: IncomingMessage, auth: AuthInfo): Parameters<NodeMcpRequestHandler>[0] {
  return Object.assign(request, { auth }) as Parameters<NodeMcpRequestHandler>[0];
}

/** The head of a stream goes out at once: a client that waits for notices must learn that it is connected. */
function flushing(response: ServerResponse): Parameters<NodeMcpRequestHandler>[1] {
  return {
    writeHead: (status, headers) => {
      response.writeHead(status, headers);
      if (headers?.['content-type']?.startsWith('text/event-stream')) response.flushHeaders();
    },
    write: (chunk) => response.write(chunk),
    end: (chunk) => response.end(chunk),
    on: (event, listener) => response.on(event, listener),
    get destroyed() {
      return response.destroyed;
    },
  };
}
