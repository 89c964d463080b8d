import type { FastifyReply } from 'fastify';

const ALLOWED_HEADERS =
  'authorization, content-type, accept, idempotency-key, traceparent, last-event-id, mcp-session-id, mcp-protocol-version, mcp-method, mcp-name';
const EXPOSED_HEADERS = 'mcp-session-id, retry-after, ratelimit, ratelimit-policy, www-authenticate';

/**
 * Lets a page that the origin guard let through read its answer. No cookies are involved: the key is in a header that a
 * page must set itself.
 */
export function allowPage(reply: FastifyReply, origin: string): void {
  // On the raw response: streams answer past the reply.
  reply.raw.setHeader('access-control-allow-origin', origin);
  reply.raw.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
  reply.raw.setHeader('vary', 'Origin');
}

/** What a page may send. */
export function answerPreflight(reply: FastifyReply): FastifyReply {
  return reply
    .code(204)
    .headers({
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': '600',
    })
    .send();
}
