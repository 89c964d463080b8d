import { createSecret } from '@capstan/schema';
import { describe, expect, test } from 'vitest';
import { HttpFailure } from '../http-failure.ts';
import { CLIENT_SECRET, oauthServer } from './oauth-server.test.support.ts';
import {
  callOver,
  connectionWith,
  errorOf,
  machineAuth,
  service,
  testAuthenticator,
  tokenService,
} from './test-authenticator.test.support.ts';

async function setUp(auth: Parameters<typeof machineAuth>[1] = {}) {
  const server = await oauthServer();
  const remote = await tokenService(server);
  const authenticator = testAuthenticator();
  const connection = connectionWith(machineAuth(server, auth), remote.url);
  return { ...authenticator, server, remote, connection, call: () => callOver(authenticator, connection) };
}

describe('a token by client credentials', () => {
  test('is asked for once, kept until 30 s before its end, and asked for again then', async () => {
    const { call, clock, server, remote } = await setUp();
    await call();
    await call();
    clock.advance(3570 * 1000 - 1);
    expect((await call()).status).toBe(200);
    expect(server.tokenRequests).toHaveLength(1);
    clock.advance(1);
    expect((await call()).status).toBe(200);
    expect(server.tokenRequests).toHaveLength(2);
    expect(new Set(remote.calls.map(({ authorization }) => authorization)).size).toBe(2);
  });

  test('lives an hour where the answer does not say how long', async () => {
    const { call, clock, server } = await setUp();
    server.expiresIn(null);
    await call();
    clock.advance(3570 * 1000 - 1);
    await call();
    expect(server.tokenRequests).toHaveLength(1);
    clock.advance(1);
    await call();
    expect(server.tokenRequests).toHaveLength(2);
  });

  test('that lives shorter than a minute is used for half of its life', async () => {
    const { call, clock, server } = await setUp();
    server.expiresIn(20);
    await call();
    clock.advance(9_999);
    await call();
    expect(server.tokenRequests).toHaveLength(1);
    clock.advance(1);
    await call();
    expect(server.tokenRequests).toHaveLength(2);
  });

  test('costs one request however many calls wait for it', async () => {
    const { call, server, remote, clock } = await setUp();
    const answers = await Promise.all(Array.from({ length: 500 }, call));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect([server.tokenRequests.length, remote.calls.length]).toEqual([1, 500]);
    clock.advance(3_600_000);
    await Promise.all(Array.from({ length: 500 }, call));
    expect(server.tokenRequests).toHaveLength(2);
  });

  test('carries scopes, resource and audience, and the client in a header', async () => {
    const { call, server } = await setUp({
      scopes: ['read', 'write'],
      resource: 'https://api.example',
      audience: 'api',
    });
    await call();
    expect(server.tokenRequests[0]?.form).toEqual({
      grant_type: 'client_credentials',
      scope: 'read write',
      resource: 'https://api.example',
      audience: 'api',
    });
    expect(server.tokenRequests[0]?.authorization).toMatch(/^Basic /);
  });

  test('can name the client in the body', async () => {
    const { call, server } = await setUp({ client_auth: 'post' });
    expect((await call()).status).toBe(200);
    expect(server.tokenRequests[0]?.form).toMatchObject({ client_id: 'client-1', client_secret: CLIENT_SECRET });
  });

  test.each([undefined, '/.well-known/openid-configuration'])('finds the endpoint by metadata (%s)', async (path) => {
    const server = await oauthServer(path === undefined ? {} : { metadataPath: path });
    const { url } = await tokenService(server);
    const authenticator = testAuthenticator();
    const auth = { ...machineAuth(server), token_url: undefined, issuer: server.url };
    const connection = connectionWith(auth, url);
    expect((await callOver(authenticator, connection)).status).toBe(200);
    authenticator.clock.advance(4_000_000);
    expect((await callOver(authenticator, connection)).status).toBe(200);
    expect(server.metadataRequests.filter((one) => one === (path ?? server.metadataRequests[0]))).toHaveLength(1);
  });
});

describe('a service that answers 401', () => {
  test('gets one more try, with a new token', async () => {
    const { call, server, remote } = await setUp();
    await call();
    server.revokeAccess();
    expect((await call()).status).toBe(200);
    expect([server.tokenRequests.length, remote.calls.length]).toEqual([2, 3]);
  });

  test('to many calls at once costs one new token', async () => {
    const { call, server } = await setUp();
    await call();
    server.revokeAccess();
    const answers = await Promise.all(Array.from({ length: 50 }, call));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(server.tokenRequests).toHaveLength(2);
  });

  test('to every token costs two tokens, not two for each call', async () => {
    const server = await oauthServer();
    const remote = await service(() => false);
    const authenticator = testAuthenticator();
    const connection = connectionWith(machineAuth(server), remote.url);
    for (let calls = 0; calls < 5; calls += 1) expect((await callOver(authenticator, connection)).status).toBe(401);
    expect([server.tokenRequests.length, remote.calls.length]).toEqual([2, 6]);
    authenticator.clock.advance(30_000);
    await callOver(authenticator, connection);
    expect(server.tokenRequests).toHaveLength(3);
  });

  test('to a key that does not change is not asked again', async () => {
    const remote = await service(() => false);
    const authenticator = testAuthenticator();
    const connection = connectionWith({ type: 'bearer', token: createSecret('wrong-token') }, remote.url);
    expect((await callOver(authenticator, connection)).status).toBe(401);
    expect(remote.calls).toHaveLength(1);
  });
});

describe('a token endpoint that gives none', () => {
  test('because the secret is wrong: says so, shows no secret, and the service is not called', async () => {
    const { server, remote, authenticator, http } = await setUp();
    const auth = machineAuth(server, { client_secret: createSecret('the-wrong-secret') });
    const error = await errorOf(callOver({ authenticator, http }, connectionWith(auth, remote.url)));
    expect(error).toMatchObject({
      code: 'CAPSTAN_REMOTE_AUTH',
      retriable: false,
      details: { oauth_error: 'invalid_client', connection: 'con_1' },
    });
    expect(error.hint).toContain('client_secret');
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('the-wrong-secret');
    expect(remote.calls).toEqual([]);
  });

  test('is left alone for a while, longer each time, and works again by itself', async () => {
    const { call, clock, server } = await setUp();
    const down = { status: 503, body: 'no' } as const;
    server.react(down, down, down);
    const first = await errorOf(call());
    expect(first).toMatchObject({ code: 'CAPSTAN_REMOTE_UNAVAILABLE', retriable: true });
    const held = await errorOf(call());
    expect(held.details.retry_after_ms).toBe(1_000);
    expect(server.tokenRequests).toHaveLength(1);
    clock.advance(1_000);
    await errorOf(call());
    clock.advance(1_999);
    await errorOf(call());
    expect(server.tokenRequests).toHaveLength(2);
    clock.advance(1);
    await errorOf(call());
    clock.advance(4_000);
    expect((await call()).status).toBe(200);
    expect(server.tokenRequests).toHaveLength(4);
  });

  test.each([
    { body: { token_type: 'bearer' }, status: 200, code: 'CAPSTAN_REMOTE_INVALID_RESPONSE' },
    {
      body: { access_token: 'at_leak-me-not', token_type: 'mac' },
      status: 200,
      code: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
    },
    { body: 'hello', status: 200, code: 'CAPSTAN_REMOTE_INVALID_RESPONSE' },
    { body: {}, status: 302, code: 'CAPSTAN_REMOTE_INVALID_RESPONSE' },
    { body: { error: 'invalid_scope', error_description: 'not\nyours' }, status: 400, code: 'CAPSTAN_REMOTE_AUTH' },
  ])('$status $body is $code, and nothing of the answer leaks', async ({ body, status, code }) => {
    const { call, server } = await setUp();
    server.react({ status, body });
    const error = await errorOf(call());
    expect(error.code).toBe(code);
    expect(`${error.message} ${String(error.cause)}`).not.toMatch(/leak-me-not|\n/);
  });

  test('in time: the call ends by its own limit, a cancelled one at once, and neither sent anything', async () => {
    const { authenticator, http, server, connection, remote } = await setUp();
    server.react('hang');
    const cancel = new AbortController();
    const cancelled = callOver({ authenticator, http }, connection, { signal: cancel.signal });
    const late = callOver({ authenticator, http }, connection, { timeoutMs: 50 });
    cancel.abort();
    const failures = await Promise.allSettled([cancelled, late]);
    expect(
      failures.map((one) => one.status === 'rejected' && one.reason instanceof HttpFailure && one.reason),
    ).toMatchObject([
      { kind: 'cancelled', sent: false },
      { kind: 'timeout', sent: false },
    ]);
    expect([server.tokenRequests.length, remote.calls.length]).toEqual([1, 0]);
  });
});

describe('where tokens may come from', () => {
  const elsewhere = { token_url: 'http://localhost:1/token' };

  test('another host is refused, whatever its address', async () => {
    const { authenticator, http, server, remote } = await setUp();
    const connection = connectionWith(machineAuth(server, elsewhere), remote.url);
    const error = await errorOf(callOver({ authenticator, http }, connection));
    expect(error).toMatchObject({ code: 'CAPSTAN_EGRESS_DENIED', details: { host: 'localhost' } });
    expect(server.tokenRequests).toEqual([]);
  });

  test('unless the egress list has it', async () => {
    const { authenticator, http, server, remote } = await setUp();
    const tokenUrl = server.url.replace('127.0.0.1', 'localhost');
    const connection = connectionWith(machineAuth(server, { token_url: `${tokenUrl}/token` }), remote.url);
    const answer = await callOver({ authenticator, http }, connection, { egress: ['localhost'] });
    expect(answer.status).toBe(200);
  });

  test('metadata cannot send a client secret to another host', async () => {
    const server = await oauthServer();
    const evil = await oauthServer();
    const authenticator = testAuthenticator();
    const lying = await service();
    const auth = machineAuth(server, { issuer: server.url, token_url: evil.url.replace('127.0.0.1', 'localhost') });
    const error = await errorOf(callOver(authenticator, connectionWith(auth, lying.url)));
    expect(error.code).toBe('CAPSTAN_EGRESS_DENIED');
    expect(evil.tokenRequests).toEqual([]);
  });

  test('a client secret does not travel over plain http to a host that is not this machine', async () => {
    const { authenticator, http, server } = await setUp();
    const auth = machineAuth(server, { token_url: 'http://login.example/token' });
    const connection = connectionWith(auth, 'https://api.example');
    const error = await errorOf(Promise.resolve(authenticator.credentials(connection, { egress: ['login.example'] })));
    expect(error.message).toMatch(/https|HTTP/);
    expect(http.openSockets()).toBe(0);
  });
});

test('a connection whose secret changed gets a token of its own', async () => {
  const { call, server, remote, authenticator, http } = await setUp();
  await call();
  const same = connectionWith(machineAuth(server), remote.url);
  await callOver({ authenticator, http }, same);
  expect(server.tokenRequests).toHaveLength(1);
  const other = connectionWith(machineAuth(server, { client_secret: createSecret('rotated-secret') }), remote.url);
  expect((await errorOf(callOver({ authenticator, http }, other))).code).toBe('CAPSTAN_REMOTE_AUTH');
});
