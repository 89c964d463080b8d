import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { NOON, workspace } from '../contract/samples.test.support.ts';
import { createMemoryStore } from '../memory/memory-store.ts';
import type { Store } from '../store.ts';
import { createVault } from './create-vault.ts';
import { readMasterKeys } from './master-key.ts';
import type { SecretProvider } from './secret-provider.ts';
import type { SecretVault } from './secret-vault.ts';

const author = { setAt: NOON, setBy: 'key:admin' };
const CANARY = 'canary-☃-value';
const newKey = () => randomBytes(32).toString('base64');

function setUp(key = newKey()): { store: Store; vault: SecretVault; key: string } {
  const store = createMemoryStore();
  return { store, key, vault: createVault({ store, masterKeys: readMasterKeys(key) }) };
}

function put(store: Store, vault: SecretVault, place: { workspace?: string; name: string }, value: string) {
  return store.change((writer) => vault.put(writer, place, value, author));
}

async function everythingOf(store: Store): Promise<string> {
  const { secrets, dataKeys } = store.read;
  return inspect([await secrets.list(), await dataKeys.list(), await store.snapshot()], { depth: 20 });
}

test('a secret comes back, and nothing of it stands in the store or in a view', async () => {
  const { store, vault, key } = setUp();
  await put(store, vault, { workspace: 'support', name: 'token' }, CANARY);
  await put(store, vault, { name: 'token' }, '');
  expect(await vault.reveal({ workspace: 'support', name: 'token' })).toBe(CANARY);
  expect(await vault.reveal({ name: 'token' })).toBe('');
  expect(await vault.reveal({ workspace: 'sales', name: 'token' })).toBeUndefined();
  expect(await vault.list({ workspace: 'support' })).toEqual([
    { workspace: 'support', name: 'token', ...author, kind: 'encrypted' },
  ]);
  const everything = await everythingOf(store);
  for (const text of [CANARY, Buffer.from(CANARY).toString('base64'), key]) expect(everything).not.toContain(text);
});

test('the same value is never encrypted to the same text', async () => {
  const { store, vault } = setUp();
  await put(store, vault, { workspace: 'support', name: 'one' }, CANARY);
  await put(store, vault, { workspace: 'support', name: 'two' }, CANARY);
  const envelopes = (await store.read.secrets.list()).map(({ value }) => value.kind === 'encrypted' && value.envelope);
  expect(new Set(envelopes).size).toBe(2);
});

test('the secrets of each workspace have a data key of their own', async () => {
  const { store, vault } = setUp();
  await put(store, vault, { workspace: 'support', name: 'a' }, CANARY);
  await put(store, vault, { workspace: 'support', name: 'b' }, CANARY);
  await put(store, vault, { workspace: 'sales', name: 'a' }, CANARY);
  await put(store, vault, { name: 'a' }, CANARY);
  const keys = await store.read.dataKeys.list();
  expect(keys.map((each) => each.workspace)).toEqual(['support', 'sales', undefined]);
});

test.each([{ workspace: 'support', name: 'other' }, { workspace: 'sales', name: 'token' }, { name: 'token' }])(
  'an envelope that is moved to %o does not open',
  async (place) => {
    const { store, vault } = setUp();
    await put(store, vault, { workspace: 'support', name: 'token' }, CANARY);
    const secret = await store.read.secrets.get({ workspace: 'support', name: 'token' });
    if (secret === undefined) throw new Error('it was put');
    await store.change((writer) => writer.secrets.put({ ...author, ...place, value: secret.value }));
    const error: unknown = await vault.reveal(place).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CAPSTAN_CONFIG_INVALID' });
    expect(inspect(error)).not.toContain(CANARY);
  },
);

test('an envelope of which one bit is changed does not open', async () => {
  const { store, vault } = setUp();
  await put(store, vault, { name: 'token' }, CANARY);
  const [secret] = await store.read.secrets.list();
  if (secret?.value.kind !== 'encrypted') throw new Error('it was encrypted');
  const bytes = Buffer.from(secret.value.envelope, 'base64');
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ 1;
    const value = { ...secret.value, envelope: changed.toString('base64') };
    await store.change((writer) => writer.secrets.put({ ...secret, value }));
    await expect(vault.reveal({ name: 'token' })).rejects.toMatchObject({ code: 'CAPSTAN_CONFIG_INVALID' });
  }
});

test('a secret that is part of a change that fails is not there', async () => {
  const { store, vault } = setUp();
  const failing = store.change(async (writer) => {
    await vault.put(writer, { name: 'token' }, CANARY, author);
    throw new Error('on purpose');
  });
  await expect(failing).rejects.toThrow('on purpose');
  expect(await vault.reveal({ name: 'token' })).toBeUndefined();
  await put(store, vault, { name: 'token' }, 'next');
  expect(await vault.reveal({ name: 'token' })).toBe('next');
});

test('the master key is rotated while replicas with both keys read and write', async () => {
  const { store, vault: before, key: old } = setUp();
  const next = newKey();
  await put(store, before, { workspace: 'support', name: 'token' }, CANARY);
  const accepting = createVault({ store, masterKeys: readMasterKeys(`${old},${next}`) });
  const rotating = createVault({ store, masterKeys: readMasterKeys(`${next},${old}`) });
  await rotating.check();
  expect(await rotating.rotateMasterKey()).toBe(1);
  expect(await rotating.rotateMasterKey()).toBe(0);
  await put(store, rotating, { workspace: 'sales', name: 'token' }, CANARY);
  expect(await accepting.reveal({ workspace: 'sales', name: 'token' })).toBe(CANARY);
  const after = createVault({ store, masterKeys: readMasterKeys(next) });
  await after.check();
  expect(await after.reveal({ workspace: 'support', name: 'token' })).toBe(CANARY);
  const late = createVault({ store, masterKeys: readMasterKeys(old) });
  await expect(late.check()).rejects.toMatchObject({ code: 'CAPSTAN_CONFIG_INVALID' });
});

test('a data key is replaced while secrets are read', async () => {
  const { store, vault, key } = setUp();
  const reader = createVault({ store, masterKeys: readMasterKeys(key) });
  const place = { workspace: 'support', name: 'token' };
  await put(store, vault, place, CANARY);
  await put(store, vault, { workspace: 'sales', name: 'token' }, CANARY);
  const [before] = await store.read.dataKeys.list();
  const reads = Array.from({ length: 50 }, () => reader.reveal(place));
  expect(await vault.rotateDataKey('support')).toBe(1);
  expect(new Set(await Promise.all(reads))).toEqual(new Set([CANARY]));
  expect(await reader.reveal(place)).toBe(CANARY);
  const ids = (await store.read.dataKeys.list()).map(({ id }) => id);
  expect(ids).toHaveLength(2);
  expect(ids).not.toContain(before?.id);
});

test('with a workspace its secrets can never be read again', async () => {
  const { store, vault } = setUp();
  const place = { workspace: 'support', name: 'token' };
  await store.change((writer) => writer.workspaces.put(workspace('support')));
  await put(store, vault, place, CANARY);
  await store.change((writer) => writer.removeWorkspace('support'));
  expect(await store.read.dataKeys.list()).toEqual([]);
  expect(await vault.reveal(place)).toBeUndefined();
});

test('a secret may stand in a store beside ours, and is read there when it is wanted', async () => {
  const { store, key } = setUp();
  const asked: string[] = [];
  const provider: SecretProvider = {
    name: 'bank',
    async read(reference) {
      asked.push(reference);
      if (reference === 'broken') throw new Error(`refused for ${CANARY}`);
      return reference === 'line#token' ? CANARY : undefined;
    },
  };
  const vault = createVault({ store, masterKeys: readMasterKeys(key), providers: [provider] });
  const refer = (name: string, reference: string) =>
    store.change((writer) => vault.refer(writer, { name }, { provider: 'bank', reference }, author));
  await refer('token', 'line#token');
  await refer('none', 'nothing');
  await refer('broken', 'broken');
  expect(await vault.reveal({ name: 'token' })).toBe(CANARY);
  expect(await vault.reveal({ name: 'none' })).toBeUndefined();
  expect(asked).toEqual(['line#token', 'nothing']);
  const error: unknown = await vault.reveal({ name: 'broken' }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'CAPSTAN_STORE_UNAVAILABLE' });
  expect(JSON.stringify(error)).not.toContain(CANARY);
  const unknown = store.change((writer) =>
    vault.refer(writer, { name: 'x' }, { provider: 'no', reference: '' }, author),
  );
  await expect(unknown).rejects.toMatchObject({ code: 'CAPSTAN_INVALID_REQUEST' });
  expect(await vault.rotateDataKey(undefined)).toBe(0);
});

test.each([
  '',
  ' , ',
  'short',
  'correct horse battery staple',
  '0'.repeat(64),
  'A'.repeat(43),
  randomBytes(16).toString('hex'),
])('what is no master key is refused without being shown: %o', (text) => {
  try {
    readMasterKeys(text);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: 'CAPSTAN_CONFIG_INVALID' });
    if (text.trim().length > 5) expect(inspect(error)).not.toContain(text);
  }
});

test('a master key is read in base64, base64url and hex, and is the same key', () => {
  const key = randomBytes(32);
  const texts = [key.toString('base64'), key.toString('base64url'), key.toString('hex')];
  expect(new Set(texts.map((text) => readMasterKeys(text).current.fingerprint)).size).toBe(1);
});
