import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSecret } from '@capstan/schema';
import type { ConnectionAuth } from '@capstan/sdk';
import { expect, onTestFinished, test } from 'vitest';
import { refusal, scriptedService, success } from './scripted-service.test.support.ts';
import { callOf, connectionTo, errorOf, testAdapter } from './test-adapter.test.support.ts';

/** Gives the tokens `token-1`, `token-2`, …, or fails. */
async function tokenEndpoint(): Promise<{ readonly url: string; given(): number; fail(status: number): void }> {
  let given = 0;
  let failure = 0;
  const server = createServer((incoming, outgoing) => {
    incoming.resume();
    given += 1;
    const body = { access_token: `token-${given}`, token_type: 'bearer', expires_in: 600 };
    outgoing.writeHead(failure || 200, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify(failure === 0 ? body : { error: failure < 500 ? 'invalid_client' : 'server_error' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    given: () => given,
    fail: (status) => {
      failure = status;
    },
  };
}

async function setUp() {
  const service = await scriptedService();
  const tokens = await tokenEndpoint();
  const parts = testAdapter();
  const auth: ConnectionAuth = {
    type: 'oauth2_client_credentials',
    client_id: 'c',
    client_secret: createSecret('client-secret'),
    token_url: tokens.url,
  };
  const connection = connectionTo(service.url, { auth });
  return { ...parts, service, tokens, call: (context = {}) => parts.adapter.call(callOf(connection, { context })) };
}

test('a call carries a token, first of its own headers as ever', async () => {
  const { call, service } = await setUp();
  expect(await call()).toEqual({ ok: true });
  expect(service.requests[0]).toMatch(/\r\nAuthorization: Bearer token-1\r\nContent-Type: application\/json\r\n/);
});

test('a 401 is tried once more with a new token, under the same idempotency key, and is no retry', async () => {
  const { call, service, pauses } = await setUp();
  service.play(refusal(401, { code: 'expired', message: 'no' }), success({ done: true }));
  expect(await call()).toEqual({ done: true });
  expect(service.requests.map((one) => /Bearer (.*)\r/.exec(one)?.[1])).toEqual(['token-1', 'token-2']);
  expect(new Set(service.requests.map((one) => /Idempotency-Key: (.*)\r/.exec(one)?.[1])).size).toBe(1);
  expect(pauses).toEqual([]);
});

test('the second 401 is the answer', async () => {
  const { call, service, tokens } = await setUp();
  service.play(refusal(401, { code: 'nope', message: 'not you' }));
  expect(await errorOf(call())).toMatchObject({ code: 'CAPSTAN_REMOTE_AUTH', details: { remote_code: 'nope' } });
  expect([service.requests.length, tokens.given()]).toEqual([2, 2]);
});

test('a watched call gets its token, too', async () => {
  const { call, service } = await setUp();
  await call({ wantsProgress: true });
  expect(service.requests[0]).toContain('\r\nAuthorization: Bearer token-1\r\n');
});

test.each([false, true])(
  'a client that is refused fails the call with the reason (watched: %s)',
  async (wantsProgress) => {
    const { call, service, tokens, adapter } = await setUp();
    tokens.fail(400);
    expect(await errorOf(call({ wantsProgress }))).toMatchObject({
      code: 'CAPSTAN_REMOTE_AUTH',
      details: { oauth_error: 'invalid_client', attempts: 1 },
    });
    expect(service.requests).toEqual([]);
    expect(adapter.circuits()).toMatchObject([{ state: { kind: 'closed', failures: 0 } }]);
  },
);

test('an authorization server that is down is waited for, and is not held against the service', async () => {
  const { call, tokens, pauses, adapter } = await setUp();
  tokens.fail(503);
  expect(await errorOf(call())).toMatchObject({ code: 'CAPSTAN_REMOTE_UNAVAILABLE' });
  expect(pauses.length).toBeGreaterThan(0);
  expect(tokens.given()).toBeLessThanOrEqual(4);
  expect(adapter.circuits()).toMatchObject([{ state: { kind: 'closed', failures: 0 } }]);
});
