import { createSecret } from '@capstan/schema';
import type { ConnectionAuth } from '@capstan/sdk';
import { describe, expect, test } from 'vitest';
import { loopbackClient } from '../loopback-client.test.support.ts';
import type { OutgoingRequest } from '../types.ts';
import { callOver, connectionWith, service, testAuthenticator } from './test-authenticator.test.support.ts';

const KEY = createSecret('sesame-0123456789');

async function sent(auth: ConnectionAuth, config = {}) {
  const { url, calls } = await service();
  const test = testAuthenticator();
  await callOver(test, connectionWith(auth, url, { config }));
  const [call] = calls;
  if (call === undefined) throw new Error('nothing was sent');
  return call;
}

describe('what goes on a request', () => {
  test('nothing, for none', async () => {
    expect((await sent({ type: 'none' })).headers).not.toHaveProperty('authorization');
  });

  test('a bearer token, of the auth or of the config', async () => {
    const expected = 'Bearer sesame-0123456789';
    expect((await sent({ type: 'bearer', token: KEY })).authorization).toBe(expected);
    expect((await sent({ type: 'bearer' }, { api_token: KEY })).authorization).toBe(expected);
    expect((await sent({ type: 'none' }, { api_token: 'plain' })).authorization).toBe('Bearer plain');
  });

  test('a key: as a bearer token by default, else in the named header, with its scheme word where there is one', async () => {
    expect((await sent({ type: 'api_key', key: KEY })).authorization).toBe('Bearer sesame-0123456789');
    const named = await sent({ type: 'api_key', key: KEY, header: 'X-API-Key' });
    expect([named.headers['x-api-key'], named.authorization]).toEqual(['sesame-0123456789', undefined]);
    const schemed = await sent({ type: 'api_key', key: KEY, header: 'Authorization', scheme: 'Token' });
    expect(schemed.authorization).toBe('Token sesame-0123456789');
  });

  test('a key in the query, encoded', async () => {
    const { url } = await sent({ type: 'api_key', key: 'a&b=c d', query: 'api key' });
    expect(url).toBe('/v1/tools/line.send?api%20key=a%26b%3Dc%20d');
  });

  test('basic credentials in UTF-8', async () => {
    const { authorization } = await sent({ type: 'basic', username: 'jürgen', password: createSecret('pass:wörd') });
    expect(Buffer.from(authorization?.replace('Basic ', '') ?? '', 'base64').toString()).toBe('jürgen:pass:wörd');
  });
});

test.each([
  { auth: { type: 'api_key' } as const, message: 'key is not set' },
  { auth: { type: 'basic' } as const, message: 'username is not set' },
  { auth: { type: 'api_key', key: 'k', header: 'Content-Length' } as const, message: 'cannot travel in the header' },
  { auth: { type: 'oauth2_client_credentials' } as const, message: 'client_id is not set' },
  {
    auth: { type: 'oauth2_client_credentials', client_id: 'c' } as const,
    message: 'neither issuer nor token_url is set',
  },
  {
    auth: { type: 'oauth2_authorization_code', client_id: 'c', token_url: 'https://as.example/token' } as const,
    message: 'neither issuer nor authorization_url is set',
  },
])('$auth.type that lacks something says what: $message', ({ auth, message }) => {
  const { authenticator } = testAuthenticator();
  expect(() => authenticator.credentials(connectionWith(auth, 'http://127.0.0.1:1'))).toThrow(message);
});

test('a key that no header can carry is refused without being shown', () => {
  const { authenticator } = testAuthenticator();
  const auth = { type: 'api_key', key: createSecret('sesame\n'), header: 'X-Key' } as const;
  const credentials = (): unknown => authenticator.credentials(connectionWith(auth, 'http://127.0.0.1:1'));
  expect(credentials).toThrow('The key for the header "X-Key" cannot be sent in one.');
});

test('a header that the caller sets cannot stand beside the credential', async () => {
  const { url, calls } = await service();
  const { authenticator, http } = testAuthenticator();
  await authenticator.exchange(connectionWith({ type: 'bearer', token: KEY }, url), {
    target: http.target(url, undefined),
    method: 'GET',
    path: '/',
    headers: { AUTHORIZATION: 'Bearer mine', accept: 'x' },
    timeoutMs: 5_000,
  });
  expect(calls[0]?.headers).toMatchObject({ authorization: 'Bearer sesame-0123456789', accept: 'x' });
});

test('--debug shows none of it, in headers and in the query', async () => {
  const { url } = await service();
  const shown: OutgoingRequest[] = [];
  const test = testAuthenticator({ http: loopbackClient({ onRequest: (request) => shown.push(request) }) });
  await callOver(test, connectionWith({ type: 'api_key', key: KEY, query: 'key' }, url));
  await callOver(test, connectionWith({ type: 'api_key', key: KEY, header: 'X-Odd' }, url));
  await callOver(test, connectionWith({ type: 'basic', username: 'u', password: KEY }, url));
  expect(shown).toHaveLength(3);
  expect(JSON.stringify(shown)).not.toMatch(/sesame|c2VzYW1l/);
});
