import type { Host } from '@capstan/host';
import { type CapstanError, isCapstanError } from '@capstan/sdk';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Where authorization servers send browsers back to. */
export const OAUTH_CALLBACK_PATH = '/oauth/callback';

/**
 * Takes what a browser brings back from a sign-in. It needs no key: the state that it carries was given to an operator,
 * is good once, and for ten minutes. The page says what became of it, and nothing that it was given.
 */
export function mountOAuthCallback(app: FastifyInstance, host: Pick<Host, 'completeAuthorization'>): void {
  app.get(OAUTH_CALLBACK_PATH, async (request, reply) => {
    try {
      const { id, workspace, name } = await host.completeAuthorization(new URL(request.url, 'http://callback.invalid'));
      const where = `The connection ${name} (${id}) of workspace ${workspace} can be used now.`;
      return page(reply, 200, { title: 'Connected', lines: [where, 'You can close this page.'] });
    } catch (error) {
      if (!isCapstanError(error)) throw error;
      request.log.warn({ err: error }, 'an account could not be connected');
      return page(reply, statusOf(error), { title: 'Not connected', lines: [error.message, error.hint] });
    }
  });
}

function statusOf({ code }: CapstanError): number {
  return code === 'CAPSTAN_INVALID_REQUEST' ? 400 : 502;
}

const HEADERS = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  // The address of this page holds a code.
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

function page(
  reply: FastifyReply,
  status: number,
  { title, lines }: { readonly title: string; readonly lines: readonly string[] },
): FastifyReply {
  const body = lines.map((line) => `<p>${escaped(line)}</p>`).join('');
  const style = 'body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}';
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style><h1>${title}</h1>${body}</html>`;
  return reply.code(status).headers(HEADERS).type('text/html; charset=utf-8').send(html);
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
