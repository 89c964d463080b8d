import { CapstanError } from '@capstan/sdk';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CallGate } from '../call-gate.ts';
import { PUBLIC_PATHS } from '../rest/public-routes.ts';
import { allowPage, answerPreflight } from './cors.ts';
import { hasPendingBody, hasSeveralHosts } from './http-server.ts';
import type { OriginGuard } from './origin-guard.ts';

/** What stands at the door. */
export interface RequestGateOptions {
  readonly guard: OriginGuard;
  readonly gate: CallGate;
  /** @throws CapstanError for a request from where nobody is answered */
  readonly refuseBlocked: (request: FastifyRequest['raw']) => void;
}

/**
 * What every request passes before its body is read.
 *
 * 1. A page that may not call reads nothing, not even of the health routes.
 * 2. What has no use for a body (an unknown path, a preflight, a public page) is answered without reading it, and the
 *    connection of a body that was left unread is closed: nobody makes the server swallow megabytes for nothing.
 */
export function installRequestGate(app: FastifyInstance, { guard, gate, refuseBlocked }: RequestGateOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    const { url } = request.routeOptions;
    refuseBlocked(request.raw);
    if (hasSeveralHosts(request.raw)) {
      throw new CapstanError('CAPSTAN_INVALID_REQUEST', 'the request names its host more than once');
    }
    const { host, origin } = request.headers;
    // Probes of an orchestrator name the host by whatever address they have.
    const isProbe = url === '/healthz' || url === '/readyz';
    if (!isProbe) guard.check({ host, origin });
    if (origin !== undefined && guard.allowsOrigin(origin)) allowPage(reply, origin);
    if (isProbe) return;
    if (gate.isClosed && (url === undefined || !PUBLIC_PATHS.has(url))) throw draining();
    // Answering here leaves the body alone.
    if (request.method === 'OPTIONS') return answerPreflight(reply);
    if (request.is404) throw nothingAt(request);
    return;
  });
  app.addHook('onSend', async (request, reply) => closeAfterUnread(request, reply));
}

export function draining(): CapstanError {
  return new CapstanError('CAPSTAN_DRAINING', 'the server is closing', { details: { retry_after_ms: 1000 } });
}

/** The answer to a path that is not there. */
export function nothingAt({ method, url }: FastifyRequest): CapstanError {
  const path = url.split('?', 1)[0]?.slice(0, 256);
  return new CapstanError('CAPSTAN_NOT_FOUND', `nothing at ${method} ${path}`);
}

function closeAfterUnread(request: FastifyRequest, reply: FastifyReply): void {
  if (hasPendingBody(request.raw)) reply.header('connection', 'close');
}
