import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StoreChange } from '../store.ts';
import { type ExternalServer, startExternalServer } from '../test-kit/external-server.test.support.ts';
import { ChangeFeed } from './change-feed.ts';
import { CHANNEL } from './notify.ts';

let server: ExternalServer;
let admin: Client;
beforeAll(async () => {
  server = await startExternalServer();
  admin = new Client({ connectionString: server.url });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await server.remove();
});

async function pidOf(name: string): Promise<number> {
  const { rows } = await admin.query('select pid from pg_stat_activity where application_name = $1', [name]);
  return rows[0]?.pid;
}

test('a connection that is dead although nobody said so is noticed and replaced', async () => {
  const reconnected = Promise.withResolvers<void>();
  const heard = Promise.withResolvers<StoreChange>();
  const feed = new ChangeFeed(
    { connectionString: server.url, application_name: 'deaf' },
    { onChange: heard.resolve, onReconnect: reconnected.resolve },
    undefined,
    { intervalMs: 20, timeoutMs: 2000 },
  );
  await feed.open();
  const pid = await pidOf('deaf');
  // It answers nothing, and its connection stays open.
  process.kill(pid, 'SIGSTOP');
  await reconnected.promise;
  process.kill(pid, 'SIGCONT');
  await admin.query('select pg_notify($1, $2)', [CHANNEL, '{"kind":"state","revision":7}']);
  expect(await heard.promise).toEqual({ kind: 'state', revision: 7 });
  await feed.close();
});

test('what is no change of ours is not told, and nothing is told after the end', async () => {
  const heard: StoreChange[] = [];
  const last = Promise.withResolvers<void>();
  const feed = new ChangeFeed(
    { connectionString: server.url },
    {
      onChange: (change) => {
        heard.push(change);
        if (change.kind === 'approval') last.resolve();
      },
      onReconnect: () => undefined,
    },
    undefined,
  );
  await feed.open();
  for (const payload of [
    '',
    'null',
    '[]',
    '{"kind":"state"}',
    '{"kind":"other"}',
    '{"kind":"approval","id":"apr_1"}',
  ]) {
    await admin.query('select pg_notify($1, $2)', [CHANNEL, payload]);
  }
  await last.promise;
  await feed.close();
  await admin.query('select pg_notify($1, $2)', [CHANNEL, '{"kind":"approval","id":"apr_2"}']);
  expect(heard).toEqual([{ kind: 'approval', id: 'apr_1' }]);
});
