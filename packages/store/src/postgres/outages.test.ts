import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { approval, auditEntry, workspace } from '../contract/samples.test.support.ts';
import type { StoreChange } from '../store.ts';
import { type ExternalServer, startExternalServer } from '../test-kit/external-server.test.support.ts';
import { emptyDatabase, freshDatabase } from '../test-kit/fresh-databases.test.support.ts';
import { openPostgresStore } from './open-postgres-store.ts';

let server: ExternalServer;
beforeAll(async () => {
  server = await startExternalServer();
});
afterAll(() => server.remove());

test('replicas that start at once migrate an empty database once', async () => {
  const url = await emptyDatabase(server.url);
  const stores = await Promise.all(Array.from({ length: 4 }, () => openPostgresStore({ url, maxConnections: 2 })));
  for (const store of stores) expect((await store.snapshot()).tenants).toHaveLength(1);
  for (const store of stores) await store.close();
});

test('a replica hears of what another one changed', async () => {
  const url = await freshDatabase(server.url);
  const [one, other] = [await openPostgresStore({ url }), await openPostgresStore({ url })];
  const heard = Promise.withResolvers<StoreChange>();
  other.onChange(heard.resolve);
  await one.change((writer) => writer.workspaces.put(workspace('support')));
  expect(await heard.promise).toEqual({ kind: 'state', revision: 1 });
  expect((await other.snapshot()).workspaces).toHaveLength(1);
  await one.close();
  await other.close();
});

test('changes of two replicas come one after the other', async () => {
  const url = await freshDatabase(server.url);
  const stores = [await openPostgresStore({ url }), await openPostgresStore({ url, maxConnections: 1 })];
  const changes = stores.flatMap((store, replica) =>
    Array.from({ length: 10 }, (_, index) =>
      store.change(async (writer) => {
        const before = await writer.workspaces.list();
        await writer.workspaces.put({ ...workspace(`w${replica}-${index}`), createdAt: before.length });
      }),
    ),
  );
  const revisions = (await Promise.all(changes)).map(({ revision }) => revision);
  expect(revisions.sort((one, two) => one - two)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  const { workspaces } = (await stores[0]?.snapshot()) ?? { workspaces: [] };
  expect(new Set(workspaces.map(({ createdAt }) => createdAt)).size).toBe(20);
  for (const store of stores) await store.close();
});

test('while the database is away everything fails with a code, and afterwards everything goes on', async () => {
  const url = await freshDatabase(server.url);
  const store = await openPostgresStore({ url });
  const other = await openPostgresStore({ url });
  await store.change((writer) => writer.workspaces.put(workspace('before')));
  await server.stop('SIGKILL');
  const away = { code: 'CAPSTAN_STORE_UNAVAILABLE', retriable: true };
  const refused: readonly (() => Promise<unknown>)[] = [
    () => store.check(),
    () => store.snapshot(),
    () => store.change((writer) => writer.workspaces.list()),
    () => store.read.workspaces.list(),
    () => store.keyDirectory.findByHash('x'),
    () => store.approvals.request(approval()),
    () => store.audit.append([auditEntry(1)]),
    () => openPostgresStore({ url }),
  ];
  for (const ask of refused) {
    const error: unknown = await ask().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(away);
    expect(String(error) + JSON.stringify(error)).not.toContain(server.password);
  }
  const told = Promise.withResolvers<void>();
  // Of a change that was made before it listened again, or after: it must not be missed.
  store.onChange((change) => {
    if (change.kind === 'state' && change.revision === 2) told.resolve();
  });
  await server.start();
  await other.change((writer) => writer.workspaces.put(workspace('after')));
  await told.promise;
  expect((await store.snapshot()).workspaces.map(({ slug }) => slug)).toEqual(['after', 'before']);
  await store.close();
  await other.close();
});

test('a change whose transaction the database ended left nothing', async () => {
  const url = await freshDatabase(server.url);
  const store = await openPostgresStore({ url });
  const admin = new Client({ connectionString: url });
  await admin.connect();
  const cut = store.change(async (writer) => {
    await writer.workspaces.put(workspace('support'));
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and state = 'idle in transaction'`,
    );
    await writer.workspaces.put(workspace('sales'));
  });
  await expect(cut).rejects.toMatchObject({ code: 'CAPSTAN_STORE_UNAVAILABLE' });
  expect((await store.snapshot()).workspaces).toEqual([]);
  await admin.end();
  await store.close();
});

test('tables of a newer Capstan are refused', async () => {
  const url = await freshDatabase(server.url);
  const admin = new Client({ connectionString: url });
  await admin.connect();
  await admin.query(`insert into capstan.kysely_migration (name, timestamp) values ('9999-future', '')`);
  await admin.end();
  await expect(openPostgresStore({ url })).rejects.toMatchObject({
    code: 'CAPSTAN_CONFIG_INVALID',
    message: expect.stringContaining('9999-future'),
  });
});

test.each([
  ['mysql://root:pass-of-root@localhost/x', 'CAPSTAN_CONFIG_INVALID'],
  ['not a url with pass-of-root', 'CAPSTAN_CONFIG_INVALID'],
  ['postgres://root:pass-of-root@127.0.0.1:1/x', 'CAPSTAN_STORE_UNAVAILABLE'],
  ['postgres://root:pass-of-root@nowhere.invalid/x', 'CAPSTAN_STORE_UNAVAILABLE'],
])('a URL that leads nowhere is told without its password: %s', async (url, code) => {
  const error: unknown = await openPostgresStore({ url }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code });
  expect(String(error) + JSON.stringify(error)).not.toContain('pass-of-root');
});

test('a database that is not there is refused, not waited for', async () => {
  const url = server.url.replace(/\/postgres$/, '/missing');
  await expect(openPostgresStore({ url })).rejects.toMatchObject({
    code: 'CAPSTAN_STORE_UNAVAILABLE',
    retriable: false,
  });
});
