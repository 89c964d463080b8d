import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a token request was, as the server read it. */
export interface SeenTokenRequest {
  readonly authorization: string | undefined;
  readonly form: Readonly<Record<string, string>>;
}

/** An answer of the token endpoint in place of the server's own. */
export type TokenReaction = { readonly status: number; readonly body: unknown } | 'hang';

/**
 * A strict authorization server: RFC 6749 with PKCE (RFC 7636), metadata (RFC 8414), `iss` (RFC 9207), resource
 * indicators (RFC 8707), refresh tokens that rotate and whose second use revokes the whole grant (RFC 9700, 4.14.2).
 */
export interface OAuthServer {
  readonly url: string;
  readonly tokenRequests: readonly SeenTokenRequest[];
  readonly metadataRequests: readonly string[];
  /** In place of 3600; `null`: the answer does not say it. */
  expiresIn(seconds: number | null): void;
  /** The next token requests get these. */
  react(...reactions: readonly TokenReaction[]): void;
  isValid(token: string): boolean;
  /** Ends every access token. */
  revokeAccess(): void;
  /** Ends every refresh token. */
  revokeGrants(): void;
  /** What the person's browser would do: signs in, and returns where it is sent back to. */
  signIn(url: string, answer?: 'yes' | 'no'): URL;
}

interface Code {
  readonly challenge: string;
  readonly redirectUri: string;
}

const CLIENT = { id: 'client-1', secret: 'p%ss: w+rd/ö' };
export const CLIENT_ID: string = CLIENT.id;
export const CLIENT_SECRET: string = CLIENT.secret;

/** Starts one; it is stopped after the test. */
export async function oauthServer(options: { readonly metadataPath?: string } = {}): Promise<OAuthServer> {
  const tokenRequests: SeenTokenRequest[] = [];
  const metadataRequests: string[] = [];
  const access = new Set<string>();
  const refresh = new Map<string, 'good' | 'used'>();
  const codes = new Map<string, Code>();
  let life: number | null = 3600;
  let reactions: TokenReaction[] = [];
  let url = '';

  const grant = (withRefresh: boolean): object => {
    const token = `at_${randomBytes(12).toString('hex')}`;
    access.add(token);
    const next = `rt_${randomBytes(12).toString('hex')}`;
    if (withRefresh) refresh.set(next, 'good');
    return {
      access_token: token,
      token_type: 'Bearer',
      ...(life === null ? {} : { expires_in: life }),
      ...(withRefresh ? { refresh_token: next, id_token: 'not.for.us' } : {}),
    };
  };
  const refuse = (error: string, status = 400): TokenReaction => ({ status, body: { error } });
  const redeem = (form: SeenTokenRequest['form']): TokenReaction => {
    const code = codes.get(form.code ?? '');
    codes.delete(form.code ?? '');
    const challenge = createHash('sha256')
      .update(form.code_verifier ?? '')
      .digest('base64url');
    if (code?.challenge !== challenge || code.redirectUri !== form.redirect_uri) return refuse('invalid_grant');
    return { status: 200, body: grant(true) };
  };
  const renew = ({ refresh_token = '' }: SeenTokenRequest['form']): TokenReaction => {
    if (refresh.get(refresh_token) === 'used') refresh.clear();
    if (refresh.get(refresh_token) !== 'good') return refuse('invalid_grant');
    refresh.set(refresh_token, 'used');
    return { status: 200, body: grant(true) };
  };
  const answerTo = (request: SeenTokenRequest): TokenReaction => {
    const next = reactions.shift();
    if (next !== undefined) return next;
    if (!isClient(request)) return refuse('invalid_client', 400);
    const { grant_type } = request.form;
    if (grant_type === 'client_credentials') return { status: 200, body: grant(false) };
    if (grant_type === 'authorization_code') return redeem(request.form);
    return grant_type === 'refresh_token' ? renew(request.form) : refuse('unsupported_grant_type');
  };

  const server = createServer(async (incoming, outgoing) => {
    const reply = (status: number, body: unknown): void => {
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (incoming.method === 'GET') {
      metadataRequests.push(incoming.url ?? '');
      const known = options.metadataPath ?? '/.well-known/oauth-authorization-server';
      if (incoming.url !== known) return reply(404, {});
      return reply(200, {
        issuer: url,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        authorization_response_iss_parameter_supported: true,
      });
    }
    const request = {
      authorization: incoming.headers.authorization,
      form: Object.fromEntries(new URLSearchParams(await textOf(incoming))),
    };
    tokenRequests.push(request);
    const answer = answerTo(request);
    if (answer !== 'hang') reply(answer.status, answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return {
    url,
    tokenRequests,
    metadataRequests,
    expiresIn: (seconds) => {
      life = seconds;
    },
    react: (...next) => {
      reactions = [...next];
    },
    isValid: (token) => access.has(token),
    revokeAccess: () => access.clear(),
    revokeGrants: () => refresh.clear(),
    signIn: (address, answer = 'yes') => {
      const asked = new URL(address).searchParams;
      const redirectUri = asked.get('redirect_uri') ?? '';
      const back = new URL(redirectUri);
      back.searchParams.set('state', asked.get('state') ?? '');
      back.searchParams.set('iss', url);
      if (answer === 'no') {
        back.searchParams.set('error', 'access_denied');
        return back;
      }
      if (asked.get('code_challenge_method') !== 'S256') throw new Error('no PKCE');
      const code = randomBytes(12).toString('hex');
      codes.set(code, { challenge: asked.get('code_challenge') ?? '', redirectUri });
      back.searchParams.set('code', code);
      return back;
    },
  };
}

/** Basic with both parts form-encoded (RFC 6749, section 2.3.1), or in the body. */
function isClient({ authorization, form }: SeenTokenRequest): boolean {
  if (authorization === undefined) return form.client_id === CLIENT.id && form.client_secret === CLIENT.secret;
  const [id = '', secret = ''] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':');
  const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
  return decode(id) === CLIENT.id && decode(secret) === CLIENT.secret;
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
