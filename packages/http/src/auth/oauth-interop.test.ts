import { OAuth2Server } from 'oauth2-mock-server';
import { expect, onTestFinished, test } from 'vitest';
import { callOver, connectionWith, service, testAuthenticator } from './test-authenticator.test.support.ts';

const REDIRECT = 'http://127.0.0.1:7420/oauth/callback';

/** Somebody else's authorization server, so that ours in the other tests and our client cannot be wrong together. */
async function foreignServer(): Promise<string> {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  await server.start(0, '127.0.0.1');
  onTestFinished(() => server.stop());
  const { port } = server.address();
  server.issuer.url = `http://127.0.0.1:${port}`;
  return server.issuer.url;
}

test("client credentials at somebody else's server", async () => {
  const issuer = await foreignServer();
  const remote = await service(({ authorization }) => authorization?.split('.').length === 3);
  const auth = {
    type: 'oauth2_client_credentials',
    client_id: 'c',
    client_secret: 's',
    issuer,
    scopes: ['x'],
  } as const;
  expect((await callOver(testAuthenticator(), connectionWith(auth, remote.url))).status).toBe(200);
});

test("a sign-in with PKCE and a renewal at somebody else's server", async () => {
  const issuer = await foreignServer();
  const remote = await service(({ authorization }) => authorization?.split('.').length === 3);
  const parts = testAuthenticator();
  const auth = { type: 'oauth2_authorization_code', client_id: 'c', issuer, scopes: ['openid'] } as const;
  const connection = connectionWith(auth, remote.url);
  const { url } = await parts.authenticator.authorize(connection, { redirectUri: REDIRECT });
  const { headers } = await fetch(url, { redirect: 'manual' });
  await parts.authenticator.completeAuthorization(new URL(headers.get('location') ?? ''));
  expect((await callOver(parts, connection)).status).toBe(200);
  parts.clock.advance(86_400_000);
  expect((await callOver(parts, connection)).status).toBe(200);
});
