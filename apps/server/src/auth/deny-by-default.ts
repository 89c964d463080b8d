import { CapstanError } from '@capstan/sdk';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { OPEN_PATHS } from '../rest/public-routes.ts';

/**
 * The last check before any handler: what is not on the list of open paths is answered to a caller who was checked, or not
 * at all. A route that forgets to ask is closed, and not open.
 */
export function denyByDefault(app: FastifyInstance, isAuthorized: (request: FastifyRequest) => boolean): void {
  app.addHook('preHandler', async (request) => {
    const { url } = request.routeOptions;
    if (url === undefined || OPEN_PATHS.has(url) || isAuthorized(request)) return;
    throw new CapstanError('CAPSTAN_UNAUTHENTICATED', 'this needs a key');
  });
}
