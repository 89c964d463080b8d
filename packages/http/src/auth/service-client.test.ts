import { expect, test } from 'vitest';
import type { HttpFailure } from '../http-failure.ts';
import { oauthServer } from './oauth-server.test.support.ts';
import { credentialFailureOf } from './service-client.ts';
import {
  accountAuth,
  connectionWith,
  machineAuth,
  testAuthenticator,
  tokenService,
} from './test-authenticator.test.support.ts';

function streamOver(
  { authenticator, http }: ReturnType<typeof testAuthenticator>,
  connection: ReturnType<typeof connectionWith>,
) {
  const heads: number[] = [];
  const { promise, resolve } = Promise.withResolvers<HttpFailure | 'end'>();
  const stream = authenticator.client(connection).stream(
    {
      target: http.target(connection.remoteClusterUrl ?? '', undefined),
      method: 'POST',
      path: '/events',
      headers: [],
      headTimeoutMs: 5_000,
    },
    { onHead: (status) => heads.push(status), onData: () => {}, onEnd: () => resolve('end'), onFailure: resolve },
  );
  return { stream, heads, ended: promise };
}

test('a stream goes out with the token, and a 401 is tried again without being told', async () => {
  const server = await oauthServer();
  const remote = await tokenService(server);
  const parts = testAuthenticator();
  const connection = connectionWith(machineAuth(server), remote.url);
  const first = streamOver(parts, connection);
  expect([await first.ended, first.heads]).toEqual(['end', [200]]);
  server.revokeAccess();
  const second = streamOver(parts, connection);
  expect([await second.ended, second.heads]).toEqual(['end', [200]]);
  expect([server.tokenRequests.length, remote.calls.length]).toEqual([2, 3]);
});

test('a stream without credentials fails with the reason, unsent', async () => {
  const server = await oauthServer();
  const parts = testAuthenticator();
  const { ended } = streamOver(parts, connectionWith(accountAuth(server), server.url));
  const failure = await ended;
  expect(failure).toMatchObject({ sent: false });
  expect(credentialFailureOf(failure)?.code).toBe('CAPSTAN_NEEDS_REAUTH');
});

test('a stream that is aborted while it waits for its token is never opened', async () => {
  const server = await oauthServer();
  const remote = await tokenService(server);
  const parts = testAuthenticator();
  const connection = connectionWith(machineAuth(server), remote.url);
  streamOver(parts, connection).stream.abort();
  const other = streamOver(parts, connection);
  await other.ended;
  expect(remote.calls).toHaveLength(1);
});
