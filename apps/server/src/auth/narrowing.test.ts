import { expect, test } from 'vitest';
import { isoTime, originOf } from '../rest/wire-views.ts';
import { ADMIN_KEY, AGENT_KEY, serverUnderTest, tool } from '../running-server.test.support.ts';
import { isServerProof, serverProof } from './server-proof.ts';

const PACKS = '/v1/workspaces/other/packs';

test('an admin key that acts as an agent has the rights of one, in the workspace it names', async () => {
  const roles: unknown[] = [];
  const look = tool('p.look', (_args, { principal }) => void roles.push(principal.roles), { workspaces: ['other'] });
  const server = await serverUnderTest({ tools: [look] });
  const headers = { 'x-capstan-act-as': 'agent' };
  const narrowed = await server.send('/v1/workspaces/other/circuits', { key: ADMIN_KEY, headers });
  expect(narrowed.status).toBe(403);
  const called = await server.send('/v1/workspaces/other/tools/p.look/invoke', { key: ADMIN_KEY, headers, body: {} });
  expect(called.status).toBe(200);
  expect(roles).toEqual([['agent']]);
});

test('a key can be narrowed and never widened', async () => {
  const server = await serverUnderTest();
  for (const [key, role, status] of [
    [AGENT_KEY, 'admin', 400],
    [ADMIN_KEY, 'root', 400],
    [ADMIN_KEY, 'admin', 200],
  ] as const) {
    const answer = await server.send(PACKS, { key, headers: { 'x-capstan-act-as': role } });
    expect(answer.status).toBe(status);
  }
});

test('a server proves to know its key, for each nonce anew, and says nothing to what is no nonce', async () => {
  const key = 'cap_admin_random-in-the-folder';
  const server = await serverUnderTest({ provenKey: key });
  const proofOf = async (nonce: string): Promise<unknown> => {
    const answer = await server.send(`/healthz?nonce=${nonce}`, { key: '' });
    return ((await answer.json()) as { proof?: unknown }).proof;
  };
  const nonce = 'n'.repeat(32);
  expect(isServerProof(await proofOf(nonce), key, nonce)).toBe(true);
  expect(isServerProof(await proofOf(nonce), key, 'm'.repeat(32))).toBe(false);
  expect(isServerProof(await proofOf(nonce), `${key}2`, nonce)).toBe(false);
  expect(isServerProof(undefined, key, nonce)).toBe(false);
  expect(await proofOf('short')).toBeUndefined();
  expect(serverProof(key, 'a b'.repeat(10))).toBeUndefined();
});

test('a time that no date can hold is shown as the last that can, and of a URL only the origin', () => {
  expect(isoTime(Number.POSITIVE_INFINITY)).toBe('+275760-09-13T00:00:00.000Z');
  expect(isoTime(Number.NaN)).toBe('1970-01-01T00:00:00.000Z');
  expect(originOf('https://user:pw@hooks.example.com:8443/secret/x?sig=1#y')).toBe('https://hooks.example.com:8443');
  expect(originOf('nonsense')).toBeUndefined();
});
