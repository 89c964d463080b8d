import { bookOf, ResourceSubscriptions } from './feature-requests.ts';
import type { McpCaller, McpUpstreams } from './gateway.ts';
import { isObject } from './upstream/message.ts';

/** The resources that a `subscriptions/listen` of 2026-07-28 names. */
export function listenedUris(body: unknown): readonly string[] {
  if (!isObject(body) || body.method !== 'subscriptions/listen' || !isObject(body.params)) return [];
  const { notifications } = body.params;
  const uris = isObject(notifications) ? notifications.resourceSubscriptions : undefined;
  return Array.isArray(uris) ? uris.filter((uri) => typeof uri === 'string') : [];
}

/** Subscribes at the servers for as long as the client listens. One that a server refuses is told by nobody: the stream is the SDK's. */
export async function listenTo(
  parts: {
    readonly upstreams: McpUpstreams;
    readonly caller: McpCaller;
    readonly uris: readonly string[];
    readonly notify: { resourceUpdated(uri: string): void };
    readonly request: Request;
  },
  answer: () => Promise<Response>,
): Promise<Response> {
  const { upstreams, caller, uris, notify, request } = parts;
  const book = bookOf(upstreams.list(caller));
  const subscriptions = new ResourceSubscriptions();
  const stop = upstreams.onResourceUpdated(caller, (server, own) => {
    const uri = book.exposedUri(server, own);
    if (subscriptions.uris.has(uri)) notify.resourceUpdated(uri);
  });
  const end = (): void => {
    stop();
    subscriptions.close();
  };
  request.signal.addEventListener('abort', end, { once: true });
  await Promise.allSettled(
    uris.map(async (uri) => {
      const route = book.resource(uri);
      if (route !== undefined) await subscriptions.add(upstreams, caller, { route, uri });
    }),
  );
  const response = await answer();
  if (response.body === null) {
    end();
    return response;
  }
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  response.body.pipeTo(writable, { signal: request.signal }).then(end, end);
  return new Response(readable, { status: response.status, headers: response.headers });
}
