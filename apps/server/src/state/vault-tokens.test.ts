import { randomBytes } from 'node:crypto';
import { createMemoryStore, createVault, readMasterKeys } from '@capstan/store';
import { expect, test } from 'vitest';
import { vaultTokens } from './vault-tokens.ts';

function setUp() {
  const grants = new Map<string, string>([['con_old', 'old grant']]);
  const store = createMemoryStore();
  const vault = createVault({ store, masterKeys: readMasterKeys(randomBytes(32).toString('hex')) });
  const earlier = {
    load: async (key: string) => grants.get(key),
    save: async () => expect.unreachable('new grants go into the vault'),
    remove: async (key: string) => void grants.delete(key),
  };
  const replica = () => vaultTokens({ store, vault, earlier, now: () => 5 });
  return { store, grants, replica };
}

test('a grant that one replica saved is there for the others, encrypted, and is no change of the state', async () => {
  const { store, replica } = setUp();
  await replica().save('con_a', 'grant of a');
  expect(await replica().load('con_a')).toBe('grant of a');
  expect(await store.revision()).toBe(0);
  expect(JSON.stringify(await store.read.secrets.list())).not.toContain('grant of a');
  await replica().remove('con_a');
  expect(await replica().load('con_a')).toBeUndefined();
});

test('a grant in the earlier place is used until it is renewed or removed', async () => {
  const { grants, replica } = setUp();
  expect(await replica().load('con_old')).toBe('old grant');
  await replica().save('con_old', 'new grant');
  expect(grants.size).toBe(0);
  expect(await replica().load('con_old')).toBe('new grant');
});
