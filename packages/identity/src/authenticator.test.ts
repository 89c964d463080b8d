import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { Authenticator, type AuthenticatorOptions, bearerOf } from './authenticator.ts';
import { chosenKeys } from './chosen-keys.ts';
import { FakeClock } from './clock.test.support.ts';
import { KeyRegistry } from './key-registry.ts';
import { mintToken } from './key-token.ts';
import { memoryKeyStore } from './memory-key-store.ts';
import type { KeySource, KeyStore } from './stored-key.ts';

const HOME = '192.0.2.1';
const AWAY = '198.51.100.9';

function setUp(options: Partial<AuthenticatorOptions> = {}) {
  const clock = new FakeClock();
  const store = memoryKeyStore();
  const finds = { count: 0 };
  const counted: KeyStore = {
    ...bound(store),
    find: (sought) => {
      finds.count += 1;
      return store.find(sought);
    },
  };
  let made = 0;
  const registry = new KeyRegistry({
    store,
    clock,
    randomBytes: (size) => (size === 7 ? prefixBytes(++made) : randomBytes(size)),
  });
  const authenticator = new Authenticator({ keys: [counted], clock, ...options });
  onTestFinished(() => authenticator.close());
  const make = (more: object = {}) =>
    registry.create({ name: 'ci', role: 'agent', workspace: 'build', createdBy: 'key:root', ...more });
  return { clock, store, registry, authenticator, finds, make };
}

/** Of the nth key of a test. */
function prefixBytes(n: number): Buffer {
  return Buffer.alloc(7, n);
}

/** A key that is whole and has the prefix of the nth. */
function forgedLike(n: number): string {
  return mintToken((size) => (size === 7 ? prefixBytes(n) : randomBytes(size))).token;
}

function bound(store: KeyStore): KeyStore {
  return {
    find: (sought) => store.find(sought),
    markUsed: (uses) => store.markUsed(uses),
    onChange: (listener) => store.onChange(listener),
    insert: (key) => store.insert(key),
    revoke: (id, at) => store.revoke(id, at),
    list: () => store.list(),
  };
}

const UNAUTHENTICATED = { code: 'CAPSTAN_UNAUTHENTICATED' };

test('a key finds its caller, and asks its source once a minute', async () => {
  const { authenticator, make, finds, clock } = setUp();
  const { token, key } = await make();
  expect(authenticator.known(token, HOME)).toBeUndefined();
  const caller = await authenticator.authenticate(token, HOME);
  expect(caller).toMatchObject({
    kind: 'key',
    principal: { id: 'key:ci', roles: ['agent'], permissions: [] },
    workspaces: ['build'],
    keyId: key.id,
  });
  for (let n = 0; n < 100; n += 1) expect(authenticator.known(token, HOME)).toBe(caller);
  expect(await authenticator.authenticate(token, HOME)).toBe(caller);
  expect(finds.count).toBe(1);
  clock.pass(60_000);
  expect(authenticator.known(token, HOME)).toBeUndefined();
  await authenticator.authenticate(token, HOME);
  expect(finds.count).toBe(2);
});

test('nothing else finds anybody', async () => {
  const { authenticator, make } = setUp();
  const { token } = await make();
  const other = mintToken(randomBytes).token;
  for (const wrong of [
    undefined,
    '',
    ' ',
    'x',
    other,
    forgedLike(1),
    token.slice(0, -1),
    `${token}x`,
    'x'.repeat(20_000),
  ]) {
    await expect(authenticator.authenticate(wrong, HOME)).rejects.toMatchObject(UNAUTHENTICATED);
  }
});

test('a prefix with another secret is refused in the same words as a prefix that does not exist', async () => {
  const { authenticator, make } = setUp();
  await make();
  const messageOf = (token: string) => authenticator.authenticate(token, HOME).catch((error: Error) => error.message);
  expect(await messageOf(forgedLike(1))).toBe(await messageOf(forgedLike(2)));
});

test('a key is over when it expires, in the middle of a minute too', async () => {
  const { authenticator, make, clock } = setUp();
  const { token } = await make({ expiresAt: clock.now() + 10_000 });
  await authenticator.authenticate(token, HOME);
  clock.pass(9_999);
  expect(authenticator.known(token, HOME)).toBeDefined();
  clock.pass(1);
  expect(authenticator.known(token, HOME)).toBeUndefined();
  await expect(authenticator.authenticate(token, HOME)).rejects.toMatchObject({
    message: expect.stringMatching(/expired/),
  });
});

test('a revocation counts at once', async () => {
  const { authenticator, make, registry } = setUp();
  const { token, key } = await make();
  await authenticator.authenticate(token, HOME);
  await registry.revoke(key.id);
  expect(authenticator.known(token, HOME)).toBeUndefined();
  await expect(authenticator.authenticate(token, HOME)).rejects.toMatchObject({
    message: expect.stringMatching(/revoked/),
  });
});

test('a check that was under way while its key was revoked leaves nothing behind', async () => {
  const { store, make, registry, clock } = setUp();
  const { token, key } = await make();
  const release = Promise.withResolvers<void>();
  const slow: KeySource = {
    ...bound(store),
    find: async (sought) => {
      const found = await store.find(sought);
      await release.promise;
      return found;
    },
  };
  const authenticator = new Authenticator({ keys: [slow], clock });
  onTestFinished(() => authenticator.close());
  const checking = authenticator.authenticate(token, HOME);
  await registry.revoke(key.id);
  release.resolve();
  await checking;
  expect(authenticator.known(token, HOME)).toBeUndefined();
});

test('a source that cannot answer lets nobody in', async () => {
  const broken: KeySource = {
    find: () => Promise.reject(new Error('the database is away')),
    markUsed: async () => {},
    onChange: () => () => {},
  };
  const authenticator = new Authenticator({ keys: [broken] });
  onTestFinished(() => authenticator.close());
  await expect(authenticator.authenticate(mintToken(randomBytes).token, HOME)).rejects.toThrow('away');
});

test('a verifier that fails is no way around: its failure is the answer', async () => {
  const { authenticator } = setUp({
    verifiers: [
      { recognises: (token) => token.startsWith('ey'), verify: () => Promise.reject(new Error('bad signature')) },
      { recognises: () => true, verify: () => Promise.reject(new Error('never asked')) },
    ],
  });
  await expect(authenticator.authenticate('eyX', HOME)).rejects.toThrow('bad signature');
});

test('keys of a file go the same way', async () => {
  const store = memoryKeyStore(chosenKeys([{ name: 'root', role: 'admin', value: 'value-of-the-key-root' }]));
  const authenticator = new Authenticator({ keys: [store] });
  onTestFinished(() => authenticator.close());
  expect(await authenticator.authenticate('value-of-the-key-root', HOME)).toMatchObject({
    principal: { id: 'key:root', roles: ['admin'] },
    workspaces: 'all',
  });
  await expect(authenticator.authenticate('value-of-the-key-roo', HOME)).rejects.toMatchObject(UNAUTHENTICATED);
  await expect(authenticator.authenticate('VALUE-OF-THE-KEY-ROOT', HOME)).rejects.toMatchObject(UNAUTHENTICATED);
});

test('times of last use are written together, each once', async () => {
  const { authenticator, make, store, clock } = setUp();
  const { token } = await make();
  await authenticator.authenticate(token, HOME);
  for (let n = 0; n < 10; n += 1) {
    clock.pass(10);
    authenticator.known(token, HOME);
  }
  expect((await store.list())[0]?.lastUsedAt).toBeUndefined();
  await authenticator.flush();
  expect((await store.list())[0]?.lastUsedAt).toBe(clock.now());
});

test('whoever guesses waits, from another address the right key is let in, and a client at work goes on working', async () => {
  const { authenticator, make, clock } = setUp({ guessing: { perNetwork: 3, baseMs: 1000 } });
  const { token } = await make();
  const later = await make({ name: 'later' });
  await authenticator.authenticate(token, HOME);
  const guess = () => authenticator.authenticate(mintToken(randomBytes).token, HOME);
  await expect(guess()).rejects.toMatchObject(UNAUTHENTICATED);
  await expect(guess()).rejects.toMatchObject(UNAUTHENTICATED);
  const waits = { code: 'CAPSTAN_RATE_LIMITED', details: { retry_after_ms: 1000 } };
  await expect(guess()).rejects.toMatchObject(waits);
  await expect(authenticator.authenticate(later.token, HOME)).rejects.toMatchObject(waits);
  expect(authenticator.known(token, HOME)).toBeDefined();
  expect((await authenticator.authenticate(later.token, AWAY)).principal.id).toBe('key:later');
  expect(authenticator.known(later.token, HOME)).toBeUndefined();
  clock.pass(60_001);
  expect((await authenticator.authenticate(later.token, HOME)).principal.id).toBe('key:later');
});

test('guesses at one key from elsewhere never lock it', async () => {
  const { authenticator, make } = setUp({ guessing: { perKey: 2, perNetwork: 1000 } });
  const { token, key } = await make();
  const refusals = [];
  for (let n = 0; n < 5; n += 1) {
    refusals.push(await authenticator.authenticate(forgedLike(1), AWAY).catch(({ code }) => code));
  }
  expect(refusals.at(-1)).toBe('CAPSTAN_RATE_LIMITED');
  expect((await authenticator.authenticate(token, HOME)).keyId).toBe(key.id);
});

test.each([
  ['Bearer abc', 'abc'],
  ['bearer  abc ', 'abc'],
  ['Bearer', undefined],
  ['Bearer a b', undefined],
  ['Basic abc', undefined],
  ['abc', undefined],
  [undefined, undefined],
])('%j holds the token %j', (header, token) => expect(bearerOf(header)).toBe(token));
