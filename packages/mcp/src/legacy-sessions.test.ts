import { expect, test } from 'vitest';
import { FakeGateway, fakeCaller } from './fake-gateway.test.support.ts';
import { LegacySessions } from './legacy-sessions.ts';
import { resolveMcpServer } from './mcp-server-factory.ts';

test('at the limit the session that was idle longest makes room', async () => {
  const { sessions, tick, gateway } = setUp({ total: 10, perCaller: 2, idleMs: 1000 });
  for (const _ of [1, 2, 3]) {
    tick(1);
    await sessions.open(fakeCaller());
  }
  expect(sessions.size).toBe(2);
  expect(sessions.find('session_1', fakeCaller())).toBeUndefined();
  expect(sessions.find('session_3', fakeCaller())).toBeDefined();
  expect(gateway.listenerCount).toBe(2);
});

test('a session with a running request is not closed for another: there is no room then', async () => {
  const { sessions } = setUp({ total: 10, perCaller: 1, idleMs: 1000 });
  const leave = (await sessions.open(fakeCaller()))?.enter();
  expect(await sessions.open(fakeCaller())).toBeUndefined();
  expect(await sessions.open(fakeCaller('key:other'))).toBeDefined();
  leave?.();
  expect(await sessions.open(fakeCaller())).toBeDefined();
  expect(sessions.size).toBe(2);
});

test('sessions that were idle too long are closed when another one opens', async () => {
  const { sessions, tick } = setUp({ total: 10, perCaller: 10, idleMs: 1000 });
  await sessions.open(fakeCaller('key:one'));
  tick(1001);
  await sessions.open(fakeCaller('key:two'));
  expect(sessions.size).toBe(1);
});

test('for anybody but its opener a session does not exist', async () => {
  const { sessions } = setUp({ total: 10, perCaller: 10, idleMs: 1000 });
  await sessions.open(fakeCaller());
  expect(sessions.find('session_1', fakeCaller('key:other'))).toBeUndefined();
  expect(sessions.find('session_1', fakeCaller('key:agent', 'other'))).toBeUndefined();
});

test('closing takes every session and every listener with it', async () => {
  const { sessions, gateway } = setUp({ total: 10, perCaller: 10, idleMs: 1000 });
  await sessions.open(fakeCaller());
  await sessions.close();
  expect(sessions.size).toBe(0);
  expect(gateway.listenerCount).toBe(0);
});

function setUp(limits: ConstructorParameters<typeof LegacySessions>[0]['limits']) {
  let now = 0;
  let count = 0;
  const gateway = new FakeGateway();
  const { parts } = resolveMcpServer({ gateway, version: '1.2.3' });
  const newId = (): string => `session_${++count}`;
  return {
    gateway,
    sessions: new LegacySessions({ parts, limits, now: () => now, newId }),
    tick: (ms: number) => {
      now += ms;
    },
  };
}
