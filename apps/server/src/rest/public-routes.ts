import type { FastifyInstance } from 'fastify';
import { docsPage } from '../openapi/docs-page.ts';
import type { OpenApiDocument } from '../openapi/openapi-document.ts';

/** What the routes show that need no key: nothing secret. */
export interface PublicRoutesOptions {
  readonly openApi: OpenApiDocument;
  readonly isDraining: () => boolean;
}

/** Paths that answer without a key. */
export const PUBLIC_PATHS: ReadonlySet<string> = new Set(['/', '/healthz', '/readyz', '/openapi.json', '/docs']);

/** Health, and the documentation of the interface. */
export function mountPublicRoutes(app: FastifyInstance, { openApi, isDraining }: PublicRoutesOptions): void {
  const document = JSON.stringify(openApi);
  const docs = docsPage(openApi);
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', (_request, reply) =>
    isDraining() ? reply.code(503).send({ status: 'draining' }) : { status: 'ready' },
  );
  app.get('/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(document));
  app.get('/', (_request, reply) => reply.redirect('/docs'));
  app.get('/docs', (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .headers({ 'content-security-policy': docs.policy, 'x-content-type-options': 'nosniff' })
      .send(docs.html),
  );
}
