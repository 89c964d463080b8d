import type { StructuredLog } from '@capstan/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { requireAccess } from '../auth/access.ts';
import { sendReply } from '../http/error-replies.ts';
import { EventStream } from '../http/event-stream.ts';
import { exchangeSignal } from '../http/exchange-signal.ts';
import type { AuthorizedRequest } from '../mcp/mount-mcp.ts';
import { createRequestCheck, type RequestCheck } from './request-check.ts';
import type { Route, RouteRequest } from './route.ts';
import type { HttpReply } from './wire-outcome.ts';

/** Checks the key and the workspace of a request. @throws CapstanError */
export type Authorize = (request: FastifyRequest, workspace: string | undefined) => Promise<AuthorizedRequest>;

/** What {@link mountRoutes} takes. */
export interface MountRoutesOptions {
  readonly routes: readonly Route[];
  readonly authorize: Authorize;
  readonly log: StructuredLog;
}

/** Serves routes. */
export function mountRoutes(app: FastifyInstance, { routes, authorize, log }: MountRoutesOptions): void {
  for (const route of routes) {
    const check = createRequestCheck(route);
    app.route({
      method: route.method.toUpperCase(),
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      // Before the body is read: a stranger cannot make the server read megabytes.
      onRequest: async (request) => {
        const { caller } = await authorize(request, pathOf(request).workspace);
        requireAccess(caller, route.access);
      },
      handler: async (request, reply) => {
        const given = await routeRequest({ route, check, authorize }, request, reply);
        const answer = await answerOf(route, given, reply, log);
        return answer === undefined ? reply : sendReply(reply, answer);
      },
    });
  }
}

/** A defect after the stream began cannot become an answer any more: the connection breaks off, and the log says why. */
async function answerOf(
  route: Route,
  request: RouteRequest,
  reply: FastifyReply,
  log: StructuredLog,
): Promise<HttpReply | undefined> {
  try {
    return await route.handle(request);
  } catch (error) {
    if (!reply.sent) throw error;
    log.error({ err: error }, 'a stream failed');
    reply.raw.destroy();
    return undefined;
  }
}

interface MountedRoute {
  readonly route: Route;
  readonly check: RequestCheck;
  readonly authorize: Authorize;
}

async function routeRequest(
  { route, check, authorize }: MountedRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<RouteRequest> {
  const path = pathOf(request);
  const { query, body } = check.check({ query: request.query, headers: request.headers, body: request.body });
  const wantsEvents = route.streams === true && acceptsEvents(request.headers.accept);
  return {
    ...(await authorize(request, path.workspace)),
    path,
    query,
    body,
    header: (name) => headerOf(request, name),
    signal: exchangeSignal(reply.raw),
    ...(wantsEvents ? { openEvents: () => openEvents(reply) } : {}),
  };
}

function openEvents(reply: FastifyReply): EventStream {
  reply.hijack();
  return new EventStream(reply.raw);
}

function acceptsEvents(accept: string | undefined): boolean {
  return accept?.split(',').some((type) => type.split(';', 1)[0]?.trim() === 'text/event-stream') ?? false;
}

function pathOf(request: FastifyRequest): Readonly<Record<string, string>> {
  return request.params as Readonly<Record<string, string>>;
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
