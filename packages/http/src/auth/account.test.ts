import { describe, expect, test } from 'vitest';
import type { CredentialUse } from './authentication.ts';
import { type OAuthServer, oauthServer } from './oauth-server.test.support.ts';
import {
  accountAuth,
  callOver,
  connectionWith,
  errorOf,
  START_MS,
  type TestAuthenticator,
  testAuthenticator,
  tokenService,
} from './test-authenticator.test.support.ts';
import { memoryTokenStore } from './token-store.ts';

const REDIRECT = 'http://127.0.0.1:7420/oauth/callback';

async function setUp(auth: Parameters<typeof accountAuth>[1] = {}) {
  const server = await oauthServer();
  const remote = await tokenService(server);
  const tokens = memoryTokenStore();
  const parts = testAuthenticator({ tokens });
  const connection = connectionWith(accountAuth(server, auth), remote.url);
  return { ...parts, server, remote, tokens, connection, call: () => callOver(parts, connection) };
}

async function signIn(
  { authenticator }: Pick<TestAuthenticator, 'authenticator'>,
  server: OAuthServer,
  connection: ReturnType<typeof connectionWith>,
  use: CredentialUse = {},
): Promise<URL> {
  const { url } = await authenticator.authorize(connection, { ...use, redirectUri: REDIRECT });
  return server.signIn(url);
}

describe("a user's own account", () => {
  test('that nobody has connected says who has to do what', async () => {
    const { call, events, authenticator, connection } = await setUp();
    const error = await errorOf(call());
    expect(error).toMatchObject({ code: 'CAPSTAN_NEEDS_REAUTH', details: { connection: 'con_1' } });
    expect(error.hint).toContain('capstan connection authorize con_1');
    expect(events).toMatchObject([{ workspaceId: 'default', connectionId: 'con_1', state: { kind: 'needs_reauth' } }]);
    expect(authenticator.knownAccountState(connection)).toMatchObject({ kind: 'needs_reauth', since: START_MS });
  });

  test('is connected by a sign-in with PKCE, whose address holds no secret', async () => {
    const { call, server, authenticator, connection, events } = await setUp({ scopes: ['mail'], resource: 'urn:x' });
    await errorOf(call());
    const { url, expiresAt } = await authenticator.authorize(connection, { redirectUri: REDIRECT });
    expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'client-1',
      redirect_uri: REDIRECT,
      scope: 'mail',
      resource: 'urn:x',
      code_challenge_method: 'S256',
    });
    expect(expiresAt).toBe(START_MS + 600_000);
    expect(await authenticator.completeAuthorization(server.signIn(url))).toBe(connection);
    expect((await call()).status).toBe(200);
    expect(server.tokenRequests.at(-1)?.form).toMatchObject({ grant_type: 'authorization_code', resource: 'urn:x' });
    expect(events.map(({ state }) => state.kind)).toEqual(['needs_reauth', 'connected']);
  });

  test('renews itself, once for many waiting calls, with the refresh token that came last', async () => {
    const { call, server, authenticator, connection, clock } = await setUp();
    await authenticator.completeAuthorization(await signIn({ authenticator }, server, connection));
    for (let hour = 1; hour <= 3; hour += 1) {
      clock.advance(3_600_000);
      const answers = await Promise.all(Array.from({ length: 20 }, call));
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      expect(server.tokenRequests).toHaveLength(1 + hour);
    }
  });

  test('survives the process: another one goes on with what is in the store', async () => {
    const { call, server, authenticator, connection, clock, tokens, remote } = await setUp();
    await authenticator.completeAuthorization(await signIn({ authenticator }, server, connection));
    await call();
    const next = testAuthenticator({ tokens });
    next.clock.advance(clock.now() - START_MS + 3_600_000);
    const again = connectionWith(accountAuth(server), remote.url);
    expect(await next.authenticator.accountState(again)).toEqual({ kind: 'connected' });
    expect((await callOver(next, again)).status).toBe(200);
    expect(server.tokenRequests.at(-1)?.form.grant_type).toBe('refresh_token');
  });

  test('takes what another process renewed, and does not use its own refresh token twice', async () => {
    const { call, server, authenticator, connection, clock, tokens, remote } = await setUp();
    await authenticator.completeAuthorization(await signIn({ authenticator }, server, connection));
    const other = testAuthenticator({ tokens });
    clock.advance(3_600_000);
    other.clock.advance(3_600_000);
    expect((await callOver(other, connectionWith(accountAuth(server), remote.url))).status).toBe(200);
    expect((await call()).status).toBe(200);
    expect(server.tokenRequests.map(({ form }) => form.grant_type)).toEqual(['authorization_code', 'refresh_token']);
  });

  test('whose refresh token was revoked needs its owner, says so, and is well again after a sign-in', async () => {
    const { call, server, authenticator, connection, clock, events } = await setUp();
    await authenticator.completeAuthorization(await signIn({ authenticator }, server, connection));
    server.revokeGrants();
    clock.advance(3_600_000);
    const error = await errorOf(call());
    expect(error).toMatchObject({ code: 'CAPSTAN_NEEDS_REAUTH', retriable: false });
    expect(authenticator.knownAccountState(connection)).toMatchObject({ kind: 'needs_reauth', since: clock.now() });
    await errorOf(call());
    expect(server.tokenRequests).toHaveLength(2);
    await authenticator.completeAuthorization(await signIn({ authenticator }, server, connection));
    expect((await call()).status).toBe(200);
    expect(events.map(({ state }) => state.kind)).toEqual(['connected', 'needs_reauth', 'connected']);
  });

  test('keeps its grant while the authorization server is down', async () => {
    const { call, server, authenticator, connection, clock } = await setUp();
    await authenticator.completeAuthorization(await signIn({ authenticator }, server, connection));
    clock.advance(3_600_000);
    server.react({ status: 500, body: {} });
    expect(await errorOf(call())).toMatchObject({ code: 'CAPSTAN_REMOTE_UNAVAILABLE', retriable: true });
    expect(authenticator.knownAccountState(connection).kind).toBe('connected');
    clock.advance(1_000);
    expect((await call()).status).toBe(200);
  });

  test('is renewed once when the service answers 401', async () => {
    const { call, server, authenticator, connection } = await setUp();
    await authenticator.completeAuthorization(await signIn({ authenticator }, server, connection));
    server.revokeAccess();
    expect((await call()).status).toBe(200);
    expect(server.tokenRequests.map(({ form }) => form.grant_type)).toEqual(['authorization_code', 'refresh_token']);
  });

  test('of another client is not used', async () => {
    const { server, authenticator, connection, tokens, remote } = await setUp();
    await authenticator.completeAuthorization(await signIn({ authenticator }, server, connection));
    const other = connectionWith(accountAuth(server, { client_id: 'client-2' }), remote.url);
    const next = testAuthenticator({ tokens });
    expect((await next.authenticator.accountState(other)).kind).toBe('needs_reauth');
  });
});

describe('a sign-in', () => {
  test('is good once', async () => {
    const { server, authenticator, connection } = await setUp();
    const back = await signIn({ authenticator }, server, connection);
    await authenticator.completeAuthorization(back);
    expect((await errorOf(authenticator.completeAuthorization(back))).code).toBe('CAPSTAN_INVALID_REQUEST');
    expect(server.tokenRequests).toHaveLength(1);
  });

  test('is good for ten minutes', async () => {
    const { server, authenticator, connection, clock } = await setUp();
    const back = await signIn({ authenticator }, server, connection);
    clock.advance(600_000);
    expect((await errorOf(authenticator.completeAuthorization(back))).code).toBe('CAPSTAN_INVALID_REQUEST');
  });

  test('that nobody began is refused', async () => {
    const { authenticator } = await setUp();
    for (const query of ['', '?state=x&code=y', '?code=y']) {
      const error = await errorOf(authenticator.completeAuthorization(new URL(`${REDIRECT}${query}`)));
      expect(error.code).toBe('CAPSTAN_INVALID_REQUEST');
    }
  });

  test('that the person declined says so and changes nothing', async () => {
    const { server, authenticator, connection } = await setUp();
    const { url } = await authenticator.authorize(connection, { redirectUri: REDIRECT });
    const error = await errorOf(authenticator.completeAuthorization(server.signIn(url, 'no')));
    expect(error).toMatchObject({ code: 'CAPSTAN_REMOTE_AUTH', details: { oauth_error: 'access_denied' } });
    expect(server.tokenRequests).toEqual([]);
  });

  test('whose answer comes from another issuer is refused (RFC 9207)', async () => {
    const { server, authenticator, connection } = await setUp();
    const back = await signIn({ authenticator }, server, connection);
    back.searchParams.set('iss', 'https://evil.example');
    expect((await errorOf(authenticator.completeAuthorization(back))).code).toBe('CAPSTAN_REMOTE_INVALID_RESPONSE');
    expect(server.tokenRequests).toEqual([]);
  });

  test('never waits beside more than 999 others', async () => {
    const { server, authenticator, connection } = await setUp();
    const first = await signIn({ authenticator }, server, connection);
    for (let count = 0; count < 1_000; count += 1) await authenticator.authorize(connection, { redirectUri: REDIRECT });
    expect((await errorOf(authenticator.completeAuthorization(first))).code).toBe('CAPSTAN_INVALID_REQUEST');
  });

  test('is only for accounts', async () => {
    const { authenticator } = await setUp();
    const connection = connectionWith({ type: 'bearer', token: 'x' }, 'http://127.0.0.1:1');
    const error = await errorOf(authenticator.authorize(connection, { redirectUri: REDIRECT }));
    expect(error.code).toBe('CAPSTAN_INVALID_REQUEST');
  });
});
