import { randomBytes } from 'node:crypto';
import { createMemoryStore, createVault, readMasterKeys } from '@capstan/store';
import { expect, test } from 'vitest';
import { ADMIN_KEY, AGENT_KEY, serverUnderTest } from '../running-server.test.support.ts';

async function setUp() {
  const store = createMemoryStore();
  const vault = createVault({ store, masterKeys: readMasterKeys(randomBytes(32).toString('hex')) });
  const author = { setAt: 0, setBy: 'key:admin' };
  await store.change((writer) => vault.put(writer, { workspace: 'default', name: 'config/a/token' }, 'canary', author));
  await store.change((writer) => vault.put(writer, { name: 'session_secret' }, 'canary', author));
  return { store, vault, server: await serverUnderTest({ vault }) };
}

test('secrets are listed without their values, for admins alone', async () => {
  const { server } = await setUp();
  expect((await server.send('/v1/secrets', { key: AGENT_KEY })).status).toBe(403);
  const all = await (await server.send('/v1/secrets', { key: ADMIN_KEY })).text();
  expect(all).not.toContain('canary');
  expect(JSON.parse(all).items).toEqual([
    { name: 'session_secret', kept: 'here', set_by: 'key:admin', set_at: '1970-01-01T00:00:00.000Z' },
    expect.objectContaining({ name: 'config/a/token', workspace: 'default' }),
  ]);
  const some = await (await server.send('/v1/secrets?workspace=default', { key: ADMIN_KEY })).json();
  expect(some).toMatchObject({ items: [{ name: 'config/a/token' }] });
});

test('the secrets of a workspace get another data key and stay what they are', async () => {
  const { server, store, vault } = await setUp();
  const keysOf = async () =>
    new Map((await store.read.dataKeys.list()).map(({ id, workspace }) => [workspace, id] as const));
  const before = await keysOf();
  const rotate = (body: object, key = ADMIN_KEY) =>
    server.send('/v1/secrets/rotate', { method: 'POST', body: { ...body }, key });
  expect((await rotate({}, AGENT_KEY)).status).toBe(403);
  expect((await rotate({ workspace: 'nowhere' })).status).toBe(404);
  expect(await (await rotate({ workspace: 'default' })).json()).toEqual({ secrets: 1 });
  const after = await keysOf();
  expect(after.get('default')).not.toBe(before.get('default'));
  expect(after.get(undefined)).toBe(before.get(undefined));
  expect(await vault.reveal({ workspace: 'default', name: 'config/a/token' })).toBe('canary');
});

test('a host without a vault has no such routes', async () => {
  const server = await serverUnderTest();
  expect((await server.send('/v1/secrets', { key: ADMIN_KEY })).status).toBe(404);
});
