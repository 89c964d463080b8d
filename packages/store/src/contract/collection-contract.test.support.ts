import { describe, expect, test } from 'vitest';
import { type OpenStore, withStore } from './open-store.test.support.ts';
import { apiKey, connection, NOON, workspace } from './samples.test.support.ts';

export function collectionContract(open: OpenStore): void {
  describe('collections', () => {
    test(
      'an empty store has the tenant default and nothing else',
      withStore(open, async (store) => {
        const { revision, tenants, ...rest } = await store.snapshot();
        expect(revision).toBe(0);
        expect(tenants.map(({ id }) => id)).toEqual(['default']);
        expect(Object.values(rest).flat()).toEqual([]);
      }),
    );

    test(
      'what is put is read as it was',
      withStore(open, async (store) => {
        const entity = connection();
        await store.change((writer) => writer.connections.put(entity));
        expect(await store.read.connections.get({ workspace: 'support', id: entity.id })).toEqual(entity);
      }),
    );

    test(
      'what is put again replaces what was there, properties that are gone too',
      withStore(open, async (store) => {
        const { remoteClusterUrl: _gone, ...entity } = connection({ id: 'con_a' });
        await store.change((writer) => writer.connections.put(connection({ id: 'con_a' })));
        await store.change((writer) => writer.connections.put({ ...entity, name: 'other' }));
        const read = await store.read.connections.list();
        expect(read).toEqual([{ ...entity, name: 'other' }]);
      }),
    );

    test(
      'what somebody does to an entity that was read changes nothing in the store',
      withStore(open, async (store) => {
        await store.change((writer) => writer.workspaces.put(workspace('support')));
        const read = await store.read.workspaces.get({ slug: 'support' });
        Object.assign(read ?? {}, { name: 'changed' });
        expect((await store.read.workspaces.get({ slug: 'support' }))?.name).toBe('support');
      }),
    );

    test(
      'a workspace that exists is not inserted a second time',
      withStore(open, async (store) => {
        await store.change((writer) => writer.workspaces.insert(workspace('support')));
        const again = store.change((writer) => writer.workspaces.insert(workspace('support')));
        await expect(again).rejects.toMatchObject({
          code: 'CAPSTAN_CONFLICT',
          message: expect.stringContaining('support'),
        });
      }),
    );

    test(
      'two keys never have the same hash, and the message shows neither',
      withStore(open, async (store) => {
        await store.change((writer) => writer.keys.insert(apiKey({ hash: 'the-hash' })));
        const error: unknown = await store
          .change((writer) => writer.keys.insert(apiKey({ hash: 'the-hash' })))
          .catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'CAPSTAN_CONFLICT' });
        expect(String(error)).not.toContain('the-hash');
      }),
    );

    test(
      'a list is filtered by parts of the key and ordered by it',
      withStore(open, async (store) => {
        await store.change(async (writer) => {
          await writer.connections.put(connection({ id: 'con_b', workspace: 'support' }));
          await writer.connections.put(connection({ id: 'con_a', workspace: 'support' }));
          await writer.connections.put(connection({ id: 'con_a', workspace: 'sales' }));
        });
        const found = await store.read.connections.list({ workspace: 'support' });
        expect(found.map(({ id }) => id)).toEqual(['con_a', 'con_b']);
        expect(await store.read.connections.list({ workspace: "'; drop table" })).toEqual([]);
      }),
    );

    test(
      'what belongs to the whole host stands beside what belongs to a workspace',
      withStore(open, async (store) => {
        const setting = { pack: 'example', key: 'region', setAt: NOON, setBy: 'key:admin' } as const;
        await store.change(async (writer) => {
          await writer.settings.put({ ...setting, value: { kind: 'plain', value: 'eu' } });
          await writer.settings.put({ ...setting, workspace: 'support', value: { kind: 'secret' } });
          await writer.settings.put({ ...setting, value: { kind: 'plain', value: false } });
        });
        expect(await store.read.settings.list()).toHaveLength(2);
        expect((await store.read.settings.get({ pack: 'example', key: 'region' }))?.value).toEqual({
          kind: 'plain',
          value: false,
        });
        const own = await store.read.settings.get({ pack: 'example', key: 'region', workspace: 'support' });
        expect(own?.value).toEqual({ kind: 'secret' });
      }),
    );

    test(
      'remove says whether there was something',
      withStore(open, async (store) => {
        await store.change((writer) => writer.workspaces.put(workspace('support')));
        const first = await store.change((writer) => writer.workspaces.remove({ slug: 'support' }));
        const second = await store.change((writer) => writer.workspaces.remove({ slug: 'support' }));
        expect([first.result, second.result]).toEqual([true, false]);
      }),
    );

    test(
      'keys are found by hash and by prefix, and their last use only moves on',
      withStore(open, async (store) => {
        const key = apiKey({ prefix: 'cap_1234' });
        await store.change(async (writer) => {
          await writer.keys.insert(key);
          await writer.keys.insert(apiKey());
        });
        expect(await store.keyDirectory.findByHash(key.hash)).toEqual(key);
        expect(await store.keyDirectory.findByHash('other')).toBeUndefined();
        await store.keyDirectory.touch(
          new Map([
            [key.id, NOON + 5],
            ['key_gone', NOON],
          ]),
        );
        await store.keyDirectory.touch(new Map([[key.id, NOON + 2]]));
        expect(await store.keyDirectory.findByPrefix('cap_1234')).toEqual([{ ...key, lastUsedAt: NOON + 5 }]);
        expect(await store.revision()).toBe(1);
      }),
    );
  });
}
