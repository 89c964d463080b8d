import { createHmac, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Caller, callerOf } from '../caller.ts';
import { FakeClock } from '../clock.test.support.ts';
import { KeyRegistry } from '../key-registry.ts';
import { memoryKeyStore } from '../memory-key-store.ts';
import { SessionTokens } from './session-tokens.ts';

const SECRET = randomBytes(32);
const OPERATOR = callerOf({
  kind: 'key',
  id: 'key:ops',
  role: 'operator',
  scopes: [],
  workspaces: ['support', 'sales'],
  keyId: 'key_1',
});

function setUp() {
  const clock = new FakeClock();
  const store = memoryKeyStore();
  return { clock, store, sessions: new SessionTokens({ secrets: [SECRET], keys: [store], clock }) };
}

test('a session is its maker with fewer rights, for minutes', async () => {
  const { sessions, clock } = setUp();
  const { token, expiresAt } = await sessions.create(OPERATOR, {
    scopes: ['tools:read', 'tools:call'],
    workspace: 'sales',
  });
  expect(sessions.recognises(token)).toBe(true);
  expect(expiresAt).toBe(clock.now() + 900_000);
  expect(await sessions.verify(token)).toEqual({
    kind: 'valid',
    caller: {
      kind: 'session',
      principal: { id: 'key:ops', roles: ['agent'], permissions: [] },
      scopes: new Set(['tools:read', 'tools:call']),
      workspaces: ['sales'],
      keyId: 'key_1',
      expiresAt,
    },
  });
  clock.pass(900_000);
  expect(await sessions.verify(token)).toMatchObject({ kind: 'refused', isGuess: false });
});

test('it never outlives its maker, nor an hour', async () => {
  const { sessions, clock } = setUp();
  const short: Caller = { ...OPERATOR, expiresAt: clock.now() + 60_500 };
  expect((await sessions.create(short, { lifeMs: 120_000 })).expiresAt).toBe(clock.now() + 60_000);
  expect((await sessions.create(OPERATOR, { lifeMs: 1e9 })).expiresAt).toBe(clock.now() + 3_600_000);
});

test('a session of an admin does not manage the host unless it is asked for', async () => {
  const { sessions } = setUp();
  const admin = callerOf({ kind: 'key', id: 'key:root', role: 'admin', scopes: [], workspaces: 'all' });
  expect((await sessions.create(admin, {})).caller.principal.roles).toEqual(['operator']);
  expect((await sessions.create(admin, { scopes: ['host:manage'] })).caller.scopes).toEqual(new Set(['host:manage']));
  await expect(sessions.create(admin, { scopes: ['host:manage'], workspace: 'w' })).rejects.toMatchObject({
    code: 'CAPSTAN_INVALID_ARGUMENTS',
  });
});

test('nobody gives away what he does not have', async () => {
  const { sessions } = setUp();
  const { caller } = await sessions.create(OPERATOR, {});
  await expect(sessions.create(caller, {})).rejects.toMatchObject({ code: 'CAPSTAN_FORBIDDEN' });
  for (const wanted of [
    { scopes: ['host:manage'] as const },
    { workspace: 'other' },
    { lifeMs: 0 },
    { lifeMs: Number.NaN },
  ]) {
    await expect(sessions.create(OPERATOR, wanted)).rejects.toMatchObject({ code: 'CAPSTAN_INVALID_ARGUMENTS' });
  }
});

test('the end of a key is the end of its sessions, without a question to the store', async () => {
  const { sessions, store, clock } = setUp();
  const registry = new KeyRegistry({ store, clock });
  const { key } = await registry.create({ name: 'ci', role: 'agent', workspace: 'w', createdBy: 'key:root' });
  const maker = callerOf({ kind: 'key', id: 'key:ci', role: 'agent', scopes: [], workspaces: ['w'], keyId: key.id });
  const { token } = await sessions.create(maker, {});
  expect(await sessions.verify(token)).toMatchObject({ kind: 'valid' });
  await registry.revoke(key.id);
  expect(await sessions.verify(token)).toMatchObject({ kind: 'refused' });
});

test('a secret that is on its way out still opens, one that is gone does not', async () => {
  const { sessions, clock, store } = setUp();
  const { token } = await sessions.create(OPERATOR, {});
  const rotated = new SessionTokens({ secrets: [randomBytes(32), SECRET], keys: [store], clock });
  expect(await rotated.verify(token)).toMatchObject({ kind: 'valid' });
  const replaced = new SessionTokens({ secrets: [randomBytes(32)], keys: [store], clock });
  expect(await replaced.verify(token)).toMatchObject({ kind: 'refused', isGuess: true });
  expect(() => new SessionTokens({ secrets: [randomBytes(16)], keys: [] })).toThrow(RangeError);
});

test('what its header says decides nothing', async () => {
  const { sessions } = setUp();
  const { token } = await sessions.create(OPERATOR, {});
  const [, payload = ''] = token.slice(5).split('.');
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = (header: object, secret: Uint8Array) => {
    const text = `${part(header)}.${payload}`;
    return `caps_${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const good = { alg: 'HS256', typ: 'capstan-session+jwt' };
  expect(await sessions.verify(signed(good, SECRET))).toMatchObject({ kind: 'valid' });
  for (const forged of [
    `caps_${part({ ...good, alg: 'none' })}.${payload}.`,
    signed({ alg: 'HS256', typ: 'at+jwt' }, SECRET),
    signed({ alg: 'HS256' }, SECRET),
    signed(good, randomBytes(32)),
    'caps_',
    'caps_a.b.c',
  ]) {
    expect(await sessions.verify(forged)).toMatchObject({ kind: 'refused', isGuess: true });
  }
});
