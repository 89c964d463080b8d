import type { FastifyInstance } from 'fastify';
import { RESOURCE_METADATA_ROUTES } from '../auth/resource-metadata.ts';
import type { Readiness } from '../http/readiness.ts';
import { OAUTH_CALLBACK_PATH } from '../oauth/oauth-callback.ts';
import { docsPage } from '../openapi/docs-page.ts';
import type { OpenApiDocument } from '../openapi/openapi-document.ts';

/** What the routes show that need no key: nothing secret. */
export interface PublicRoutesOptions {
  readonly openApi: OpenApiDocument;
  readonly readiness: () => Promise<Readiness>;
  /** Shows that this server knows the key of its data folder; absent without one. */
  readonly prove?: ((nonce: string) => string | undefined) | undefined;
}

/** Paths that answer without a key, also while the server drains. */
export const PUBLIC_PATHS: ReadonlySet<string> = new Set(['/', '/healthz', '/readyz', '/openapi.json', '/docs']);

/** Every path that answers without a key. What stands in no list needs one; see {@link denyByDefault}. */
export const OPEN_PATHS: ReadonlySet<string> = new Set([
  ...PUBLIC_PATHS,
  OAUTH_CALLBACK_PATH,
  ...RESOURCE_METADATA_ROUTES,
]);

/** Health, and the documentation of the interface. */
export function mountPublicRoutes(app: FastifyInstance, { openApi, readiness, prove }: PublicRoutesOptions): void {
  const document = JSON.stringify(openApi);
  const docs = docsPage(openApi);
  app.get('/healthz', (request) => {
    const { nonce } = request.query as Readonly<Record<string, unknown>>;
    const proof = typeof nonce === 'string' ? prove?.(nonce) : undefined;
    return { status: 'ok', ...(proof === undefined ? {} : { proof }) };
  });
  app.get('/readyz', async (_request, reply) => {
    const { kind, ...facts } = await readiness();
    return reply.code(kind === 'ready' ? 200 : 503).send({ status: kind, ...facts });
  });
  app.get('/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(document));
  app.get('/', (_request, reply) => reply.redirect('/docs'));
  app.get('/docs', (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .headers({ 'content-security-policy': docs.policy, 'x-content-type-options': 'nosniff' })
      .send(docs.html),
  );
}
