import { createMemoryStore } from '@capstan/store';
import { expect, test } from 'vitest';
import type { Actor } from '../administration/actor.ts';
import { hostOn } from '../test-kit/test-host.ts';

const AGENT = { id: 'key:agent', roles: ['agent'], permissions: [] };
const OTHER = { id: 'key:other', roles: ['agent'], permissions: [] };
const OPERATOR: Actor = { principal: { id: 'key:boss', roles: ['operator'], permissions: [] }, surface: 'rest' };

async function bank(yaml = '', clock = { now: () => 1_000 }) {
  const paid: unknown[] = [];
  const under = await hostOn(
    { 'capstan.yaml': `version: 1\nworkspaces: { default: {}, lax: { approvals: { danger_level: never } } }\n${yaml}` },
    { clock, approvals: createMemoryStore().approvals },
  );
  under.host.register({
    id: 'bank.pay',
    description: 'Pays.',
    dangerLevel: 'high',
    inputSchema: {
      type: 'object',
      properties: { amount: { type: 'number' }, pin: { type: 'string', 'x-secret': true } },
    },
    handler: (input) => paid.push(input),
  });
  under.host.register({ id: 'bank.look', description: 'Looks.', dangerLevel: 'medium', handler: () => 1 });
  const pay = (args: object, principal = AGENT, workspace = 'default') =>
    under.host.invoke({ tool: 'bank.pay', arguments: { ...args }, principal, workspace });
  const idOf = async (outcome: ReturnType<typeof pay>): Promise<string> => {
    const { status, ...rest } = await outcome;
    if (status !== 'pending' || !('approval' in rest)) throw new Error(`not pending: ${status}`);
    return rest.approval.id;
  };
  const decide = (id: string, verdict: 'approved' | 'rejected' = 'approved', actor = OPERATOR) =>
    under.host.approvals.decide({ id, workspace: 'default', verdict }, actor);
  return { ...under, paid, pay, idOf, decide };
}

test('a dangerous call waits, runs once when it is approved, and waits anew after that', async () => {
  const { pay, idOf, decide, paid, records, acts } = await bank();
  const id = await idOf(pay({ amount: 5, pin: 's3cret' }));
  expect(await idOf(pay({ pin: 's3cret', amount: 5 }))).toBe(id);
  expect(paid).toEqual([]);
  await decide(id);
  expect(await pay({ amount: 5, pin: 's3cret' })).toMatchObject({ status: 'succeeded' });
  expect(paid).toEqual([{ amount: 5, pin: 's3cret' }]);
  expect(await idOf(pay({ amount: 5, pin: 's3cret' }))).not.toBe(id);
  expect(records.map(({ status }) => status)).toEqual(['pending', 'pending', 'succeeded', 'pending']);
  expect(acts).toMatchObject([{ act: 'approval.approve', target: id, status: 'succeeded', principal: 'key:boss' }]);
});

test('an approval is worth nothing for another call', async () => {
  const { pay, idOf, decide, paid } = await bank();
  await decide(await idOf(pay({ amount: 5 })));
  for (const other of [
    pay({ amount: 6 }),
    pay({ amount: '5' }),
    pay({ amount: 5 }, OTHER),
    pay({ amount: 5, pin: '' }),
  ]) {
    expect(['pending', 'failed']).toContain((await other).status);
  }
  expect(paid).toEqual([]);
});

test('of calls at once one uses the approval', async () => {
  const { pay, idOf, decide, paid } = await bank();
  await decide(await idOf(pay({ amount: 5 })));
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => pay({ amount: 5 })));
  expect(outcomes.filter(({ status }) => status === 'succeeded')).toHaveLength(1);
  expect(paid).toHaveLength(1);
});

test('nobody but an operator decides, and an attempt is recorded', async () => {
  const { pay, idOf, decide, acts } = await bank();
  const id = await idOf(pay({ amount: 5 }));
  for (const roles of [['agent'], ['viewer'], []]) {
    const actor: Actor = { principal: { id: 'key:agent', roles, permissions: [] }, surface: 'rest' };
    await expect(decide(id, 'approved', actor)).rejects.toMatchObject({ code: 'CAPSTAN_FORBIDDEN' });
  }
  expect(acts.every(({ status }) => status === 'failed')).toBe(true);
  expect((await pay({ amount: 5 })).status).toBe('pending');
});

test('what was refused, has expired or was decided stays so', async () => {
  let now = 1_000;
  const { pay, idOf, decide, host } = await bank('approvals: { expires_s: 10 }', { now: () => now });
  const refused = await idOf(pay({ amount: 1 }));
  await decide(refused, 'rejected');
  await expect(decide(refused)).rejects.toMatchObject({ code: 'CAPSTAN_CONFLICT' });
  expect(await idOf(pay({ amount: 1 }))).not.toBe(refused);
  const late = await idOf(pay({ amount: 2 }));
  const unused = await idOf(pay({ amount: 3 }));
  await decide(unused);
  now += 10_001;
  await expect(decide(late)).rejects.toMatchObject({ code: 'CAPSTAN_CONFLICT' });
  expect((await pay({ amount: 3 })).status).toBe('pending');
  await expect(host.approvals.get(late, 'lax')).rejects.toMatchObject({ code: 'CAPSTAN_NOT_FOUND' });
});

test('secrets are not shown to whoever decides', async () => {
  const { pay, host } = await bank();
  await pay({ amount: 5, pin: 's3cret' });
  const { items } = await host.approvals.list({ state: 'pending' });
  expect(items).toHaveLength(1);
  expect(JSON.stringify(items)).not.toContain('s3cret');
});

test('the level is set for a host and for a workspace; the application answers for itself', async () => {
  const { host, pay } = await bank('approvals: { danger_level: medium }');
  expect((await host.invoke({ tool: 'bank.look', principal: AGENT })).status).toBe('pending');
  expect((await pay({ amount: 5 }, AGENT, 'lax')).status).toBe('succeeded');
  expect((await host.invoke({ tool: 'bank.pay', arguments: { amount: 1 } })).status).toBe('succeeded');
});

test('authorisation is decided again when the approved call comes', async () => {
  let isAllowed = true;
  const { host } = await hostOn(
    { 'capstan.yaml': 'version: 1\n' },
    { policy: () => (isAllowed ? { allow: true, approval: 'team.rule' } : { allow: false, reason: 'not any more' }) },
  );
  host.register({ id: 'a.b', description: 'Does.', handler: () => 1 });
  const first = await host.invoke({ tool: 'a.b', principal: AGENT });
  if (first.status !== 'pending') throw new Error('it should wait');
  expect((await host.approvals.get(first.approval.id, 'default')).reason).toBe('policy: team.rule');
  await host.approvals.decide({ id: first.approval.id, workspace: 'default', verdict: 'approved' }, OPERATOR);
  isAllowed = false;
  expect((await host.invoke({ tool: 'a.b', principal: AGENT })).status).toBe('denied');
});
