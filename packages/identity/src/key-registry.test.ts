import { expect, test } from 'vitest';
import { FakeClock } from './clock.test.support.ts';
import { KeyRegistry, type NewKey } from './key-registry.ts';
import { digestOf } from './key-token.ts';
import { memoryKeyStore } from './memory-key-store.ts';

const CI: NewKey = { name: 'ci', role: 'agent', workspace: 'build', createdBy: 'key:root' };

function registry() {
  const clock = new FakeClock();
  const store = memoryKeyStore();
  return { clock, store, registry: new KeyRegistry({ store, clock }) };
}

test('the token is shown once: what is kept does not hold it', async () => {
  const { registry: keys, store } = registry();
  const { token, key } = await keys.create(CI);
  const kept = await store.list();
  expect(kept).toEqual([key]);
  expect(JSON.stringify(kept)).not.toContain(token.slice(15, 40));
  expect(key).toMatchObject({
    digest: digestOf(token),
    createdAt: 1_000_000,
    createdBy: 'key:root',
    workspace: 'build',
  });
  expect(key.id).toMatch(/^key_[0-9a-f-]{36}$/);
});

test.each<[Partial<NewKey>, RegExp]>([
  [{ name: '' }, /no name/],
  [{ name: 'a b' }, /no name/],
  [{ name: 'x'.repeat(65) }, /no name/],
  [{ role: 'root' as 'admin' }, /no such role/],
  [{ scopes: ['host:manage'] }, /has no scope "host:manage"/],
  [{ scopes: ['tools:write' as 'tools:call'] }, /has no scope/],
  [{ workspace: undefined as unknown as string }, /belongs to a workspace/],
  [{ role: 'admin' }, /an admin manages the whole host/],
  [{ expiresAt: 1_000_000 }, /expired already/],
  [{ expiresAt: Number.NaN }, /expired already/],
])('%j is refused', async (change, message) => {
  const { registry: keys } = registry();
  await expect(keys.create({ ...CI, ...change })).rejects.toMatchObject({
    code: 'CAPSTAN_INVALID_ARGUMENTS',
    message: expect.stringMatching(message),
  });
});

test('a name stays with its key, also after its end', async () => {
  const { registry: keys, clock } = registry();
  const { key } = await keys.create(CI);
  await expect(keys.create(CI)).rejects.toMatchObject({ code: 'CAPSTAN_CONFLICT' });
  clock.pass(5);
  expect(await keys.revoke(key.id)).toMatchObject({ revokedAt: 1_000_005 });
  clock.pass(5);
  expect(await keys.revoke(key.id)).toMatchObject({ revokedAt: 1_000_005 });
  await expect(keys.create(CI)).rejects.toMatchObject({ code: 'CAPSTAN_CONFLICT' });
  await expect(keys.revoke('key_none')).rejects.toMatchObject({ code: 'CAPSTAN_NOT_FOUND' });
});
