import { createHttpClient } from '@capstan/http';
import type { JwtIssuer } from '@capstan/identity';
import {
  Client,
  type OAuthClientProvider,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { OAuth2Server } from 'oauth2-mock-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ServerUnderTest, serverUnderTest, tool } from '../running-server.test.support.ts';
import { documentFetcher } from './document-fetcher.ts';

const BACK = 'http://127.0.0.1:9/back';

interface Grant {
  readonly roles?: readonly string[];
  readonly workspaces?: readonly string[];
}

/** Somebody else's authorization server, which signs what RFC 8707 asks for into `aud`. */
async function issuerOf(grant: Grant): Promise<OAuth2Server> {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  await server.start(0, '127.0.0.1');
  onTestFinished(() => server.stop());
  server.issuer.url = `http://127.0.0.1:${server.address().port}`;
  server.service.on('beforeTokenSigning', ({ payload }, request) => {
    Object.assign(payload, { sub: 'ada', ...grant, aud: request.body.resource });
  });
  return server;
}

async function serverFor(issuer: string): Promise<ServerUnderTest> {
  const http = createHttpClient({ egress: { allowPrivate: ['127.0.0.0/8'] } });
  onTestFinished(() => http.close());
  const trusted: JwtIssuer = {
    name: 'corp',
    issuer,
    audience: [],
    algorithms: ['RS256'],
    clockSkewS: 0,
    claims: { subject: 'sub', roles: 'roles', workspaces: 'workspaces', scopes: 'scope' },
    defaultWorkspaces: ['default'],
  };
  return serverUnderTest({
    auth: { jwt: { issuers: [trusted], fetchDocument: documentFetcher(http) } },
    tools: [tool('app.whoami', (_input, { principal }) => ({ id: principal.id, roles: [...principal.roles] }))],
  });
}

/** A person at a client: is sent to the issuer, who agrees at once, and comes back with a code. */
function person(): { readonly provider: OAuthClientProvider; readonly code: () => Promise<string> } {
  let tokens: StoredOAuthTokens | undefined;
  let verifier = '';
  let sentTo: URL | undefined;
  return {
    provider: {
      redirectUrl: BACK,
      clientMetadata: { redirect_uris: [BACK], client_name: 'test' },
      clientInformation: () => ({ client_id: 'test' }),
      tokens: () => tokens,
      saveTokens: (given) => {
        tokens = given;
      },
      redirectToAuthorization: (url) => {
        sentTo = url;
      },
      saveCodeVerifier: (given) => {
        verifier = given;
      },
      codeVerifier: () => verifier,
    },
    code: async () => {
      const { headers } = await fetch(sentTo ?? '', { redirect: 'manual' });
      return new URL(headers.get('location') ?? '').searchParams.get('code') ?? '';
    },
  };
}

async function signIn(endpoint: URL): Promise<Client> {
  const { provider, code } = person();
  const first = new StreamableHTTPClientTransport(endpoint, { authProvider: provider });
  await expect(new Client({ name: 'test', version: '1' }).connect(first)).rejects.toBeInstanceOf(UnauthorizedError);
  await first.finishAuth(await code());
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(endpoint, { authProvider: provider }));
  onTestFinished(() => client.close());
  return client;
}

describe('a client of MCP that has nothing but the URL', () => {
  test.each(['/mcp', '/w/default/mcp'])('finds the issuer, signs in, and calls a tool at %s', async (path) => {
    const issuer = await issuerOf({ roles: ['agent'] });
    const server = await serverFor(issuer.issuer.url ?? '');
    const client = await signIn(new URL(`${server.url}${path}`));
    for (let call = 0; call < 3; call += 1) {
      const { structuredContent } = await client.callTool({ name: 'whoami', arguments: {} });
      expect(structuredContent).toEqual({ id: 'user:corp/ada', roles: ['agent'] });
    }
  });

  test('is let into no workspace but its own', async () => {
    const issuer = await issuerOf({ roles: ['agent'], workspaces: ['other'] });
    const server = await serverFor(issuer.issuer.url ?? '');
    await expect(signIn(new URL(`${server.url}/w/default/mcp`))).rejects.toThrow();
    const client = await signIn(new URL(`${server.url}/w/other/mcp`));
    expect((await client.listTools()).tools).toEqual([]);
  });

  test('without a role it has no access', async () => {
    const issuer = await issuerOf({});
    const server = await serverFor(issuer.issuer.url ?? '');
    await expect(signIn(new URL(`${server.url}/mcp`))).rejects.toThrow();
  });
});

test('a token for another service of the same issuer is refused', async () => {
  const { issuer } = await issuerOf({});
  const server = await serverFor(issuer.url ?? '');
  const tokenFor = (aud: string) =>
    issuer.buildToken({
      scopesOrTransform: (_header, payload) => Object.assign(payload, { sub: 'ada', roles: ['admin'], aud }),
    });
  expect((await server.send('/v1/me', { key: await tokenFor(server.url) })).status).toBe(200);
  expect((await server.send('/v1/me', { key: await tokenFor('https://other.example') })).status).toBe(401);
  const narrow = await tokenFor(`${server.url}/w/other/mcp`);
  expect((await server.send('/v1/workspaces/other/tools', { key: narrow })).status).toBe(200);
  expect((await server.send('/v1/workspaces/default/tools', { key: narrow })).status).toBe(404);
});

test('the challenge names the metadata, and the metadata names the issuer', async () => {
  const { issuer } = await issuerOf({});
  const server = await serverFor(issuer.url ?? '');
  const well = `${server.url}/.well-known/oauth-protected-resource`;
  for (const [path, metadata, resource] of [
    ['/mcp', `${well}/mcp`, `${server.url}/mcp`],
    ['/w/other/mcp?compact=on', `${well}/w/other/mcp`, `${server.url}/w/other/mcp`],
    ['/v1/me', well, server.url],
  ] as const) {
    const refused = await server.send(path, { key: '' });
    expect(refused.headers.get('www-authenticate')).toBe(`Bearer realm="capstan", resource_metadata="${metadata}"`);
    const found = await server.send(metadata.slice(server.url.length), { key: '' });
    expect(await found.json()).toMatchObject({ resource, authorization_servers: [issuer.url] });
  }
  const invalid = await server.send('/mcp', { key: 'wrong' });
  expect(invalid.headers.get('www-authenticate')).toContain('error="invalid_token"');
});

test('where nobody signs in with tokens there is no metadata, and the challenge names none', async () => {
  const server = await serverUnderTest();
  expect((await server.send('/.well-known/oauth-protected-resource/mcp', { key: '' })).status).toBe(404);
  expect((await server.send('/mcp', { key: '' })).headers.get('www-authenticate')).toBe('Bearer realm="capstan"');
});
