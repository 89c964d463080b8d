import { Authenticator, KeyRegistry, SessionTokens } from '@capstan/identity';
import { createMemoryStore } from '@capstan/store';
import { expect, onTestFinished, test } from 'vitest';
import { serverUnderTest } from '../running-server.test.support.ts';
import { storeKeys } from './store-keys.ts';

const HOME = '192.0.2.1';

function fail(error: unknown): never {
  throw error;
}

test('keys of a store open a server while it runs, and a revocation closes it at once', async () => {
  const keys = storeKeys(createMemoryStore(), fail);
  const registry = new KeyRegistry({ store: keys });
  const server = await serverUnderTest({ auth: { keyStore: keys } });
  const { token, key } = await registry.create({
    name: 'ci',
    role: 'agent',
    workspace: 'other',
    createdBy: 'key:root',
  });
  const me = (secret: string) => server.send('/v1/me', { key: secret });
  expect(await (await me(token)).json()).toMatchObject({ principal: 'key:ci', workspaces: ['other'] });
  const session = (await (await server.send('/v1/sessions', { method: 'POST', key: token })).json()) as {
    token: string;
  };
  expect((await me(session.token)).status).toBe(200);
  await registry.revoke(key.id);
  expect((await me(token)).status).toBe(401);
  expect((await me(session.token)).status).toBe(401);
  expect(await registry.list()).toMatchObject([{ name: 'ci', revokedAt: expect.any(Number) }]);
});

test('what another replica does arrives with the notification of the store', async () => {
  const store = createMemoryStore();
  const [here, there] = [storeKeys(store, fail), storeKeys(store, fail)];
  const registry = new KeyRegistry({ store: there });
  const sessions = new SessionTokens({ secrets: [new Uint8Array(32)], keys: [here] });
  const authenticator = new Authenticator({ keys: [here], verifiers: [sessions] });
  onTestFinished(() => authenticator.close());
  const { token, key } = await registry.create({ name: 'ci', role: 'agent', workspace: 'w', createdBy: 'key:root' });
  const caller = await authenticator.authenticate(token, HOME);
  const session = await sessions.create(caller, {});
  expect((await authenticator.authenticate(session.token, HOME)).kind).toBe('session');
  await registry.revoke(key.id);
  await expect.poll(() => authenticator.known(token, HOME)).toBeUndefined();
  await expect(authenticator.authenticate(token, HOME)).rejects.toMatchObject({ code: 'CAPSTAN_UNAUTHENTICATED' });
  await expect
    .poll(() => authenticator.authenticate(session.token, HOME).catch(({ code }) => code))
    .toBe('CAPSTAN_UNAUTHENTICATED');
});

test('times of last use come to the store without a change of its revision', async () => {
  const store = createMemoryStore();
  const keys = storeKeys(store, fail);
  const { token } = await new KeyRegistry({ store: keys }).create({ name: 'a', role: 'admin', createdBy: 'key:root' });
  const authenticator = new Authenticator({ keys: [keys] });
  onTestFinished(() => authenticator.close());
  await authenticator.authenticate(token, HOME);
  const before = await store.revision();
  await authenticator.flush();
  expect((await keys.list())[0]?.lastUsedAt).toBeGreaterThan(0);
  expect(await store.revision()).toBe(before);
});

test('a key of a later version with a right that is not known here opens nothing, rather than everything', async () => {
  const store = createMemoryStore();
  const keys = storeKeys(store, fail);
  const { token, key } = await new KeyRegistry({ store: keys }).create({
    name: 'a',
    role: 'admin',
    createdBy: 'key:root',
  });
  await store.change(async (writer) => {
    const row = await writer.keys.get({ id: key.id });
    if (row !== undefined) await writer.keys.put({ ...row, scopes: ['tools:dream'] });
  });
  const authenticator = new Authenticator({ keys: [keys] });
  onTestFinished(() => authenticator.close());
  await expect(authenticator.authenticate(token, HOME)).rejects.toMatchObject({ code: 'CAPSTAN_CONFIG_INVALID' });
});
