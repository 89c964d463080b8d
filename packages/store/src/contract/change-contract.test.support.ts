import { describe, expect, test } from 'vitest';
import type { StoreChange } from '../store.ts';
import { type OpenStore, withStore } from './open-store.test.support.ts';
import { apiKey, approval, auditEntry, connection, NOON, workspace } from './samples.test.support.ts';

export function changeContract(open: OpenStore): void {
  describe('changes', () => {
    test(
      'each change raises the revision by one, one that writes nothing does not',
      withStore(open, async (store) => {
        const first = await store.change(async (writer) => {
          await writer.workspaces.put(workspace('one'));
          await writer.workspaces.put(workspace('two'));
          return 'done';
        });
        expect(first).toEqual({ result: 'done', revision: 1 });
        const second = await store.change((writer) => writer.workspaces.list());
        expect(second.revision).toBe(1);
        expect(await store.revision()).toBe(1);
      }),
    );

    test(
      'a quiet change is durable, and raises no revision',
      withStore(open, async (store) => {
        const quiet = await store.change((writer) => writer.workspaces.put(workspace('support')), { isQuiet: true });
        expect(quiet.revision).toBe(0);
        expect(await store.revision()).toBe(0);
        expect(await store.read.workspaces.get({ slug: 'support' })).toBeDefined();
      }),
    );

    test(
      'a change sees its own writes, and others see them when it is done',
      withStore(open, async (store) => {
        await store.change(async (writer) => {
          await writer.workspaces.put(workspace('support'));
          expect(await writer.workspaces.get({ slug: 'support' })).toBeDefined();
          expect(await store.read.workspaces.get({ slug: 'support' })).toBeUndefined();
        });
        expect(await store.read.workspaces.get({ slug: 'support' })).toBeDefined();
      }),
    );

    test(
      'nothing is left of a change that fails',
      withStore(open, async (store) => {
        await store.change((writer) => writer.workspaces.put(workspace('before')));
        const failing = store.change(async (writer) => {
          await writer.workspaces.put(workspace('support'));
          await writer.workspaces.remove({ slug: 'before' });
          throw new Error('on purpose');
        });
        await expect(failing).rejects.toThrow('on purpose');
        const { revision, workspaces } = await store.snapshot();
        expect(workspaces.map(({ slug }) => slug)).toEqual(['before']);
        expect(revision).toBe(1);
      }),
    );

    test(
      'of writers with the same expected revision one wins',
      withStore(open, async (store) => {
        const attempts = ['one', 'two', 'three'].map((slug) =>
          store.change((writer) => writer.workspaces.put(workspace(slug)), { expectedRevision: 0 }),
        );
        const settled = await Promise.allSettled(attempts);
        expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        for (const result of settled) {
          if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'CAPSTAN_CONFLICT' });
        }
        expect((await store.snapshot()).workspaces).toHaveLength(1);
      }),
    );

    test(
      'changes come one after the other: no update is lost',
      withStore(open, async (store) => {
        await store.change((writer) => writer.workspaces.put({ ...workspace('support'), settings: { count: 0 } }));
        const raise = () =>
          store.change(async (writer) => {
            const read = await writer.workspaces.get({ slug: 'support' });
            const count = Number(read?.settings.count) + 1;
            await writer.workspaces.put({ ...workspace('support'), settings: { count } });
          });
        await Promise.all(Array.from({ length: 20 }, raise));
        expect((await store.read.workspaces.get({ slug: 'support' }))?.settings.count).toBe(20);
        expect(await store.revision()).toBe(21);
      }),
    );

    test(
      'listeners hear of revisions until they end, and one that throws disturbs nobody',
      withStore(open, async (store) => {
        const heard: StoreChange[] = [];
        const last = Promise.withResolvers<void>();
        store.onChange(() => {
          throw new Error('on purpose');
        });
        const end = store.onChange(() => heard.push({ kind: 'approval', id: 'never' }));
        end();
        store.onChange((change) => {
          heard.push(change);
          if (change.kind === 'approval') last.resolve();
        });
        await store.change((writer) => writer.workspaces.put(workspace('support')));
        const asked = await store.approvals.request(approval());
        await last.promise;
        expect(heard).toContainEqual({ kind: 'state', revision: 1 });
        expect(heard).toContainEqual({ kind: 'approval', id: asked.id });
        expect(heard).not.toContainEqual({ kind: 'approval', id: 'never' });
      }),
    );

    test(
      'names are given once: to whoever comes first, and a tool keeps its own',
      withStore(open, async (store) => {
        const claim = (wanted: Record<string, string>) =>
          store.change((writer) => writer.claimNames('support', wanted));
        const first = await claim({ 'a.search': 'search', 'b.search': 'search' });
        expect(first.result).toEqual({ names: { 'a.search': 'search' }, taken: { 'b.search': 'a.search' } });
        const second = await claim({ 'a.search': 'a_search', 'b.search': 'b_search' });
        expect(second.result).toEqual({ names: { 'a.search': 'search', 'b.search': 'b_search' }, taken: {} });
        const again = await claim({ 'b.search': 'search' });
        expect(again).toEqual({ result: { names: { 'b.search': 'b_search' }, taken: {} }, revision: 2 });
      }),
    );

    test(
      'replicas that claim the same name at once agree who has it',
      withStore(open, async (store) => {
        const claims = await Promise.all(
          ['a.x', 'b.x', 'c.x'].map((tool) => store.change((writer) => writer.claimNames('support', { [tool]: 'x' }))),
        );
        const [name] = await store.read.names.list({ workspace: 'support' });
        expect(claims.filter(({ result }) => Object.keys(result.names).length === 1)).toHaveLength(1);
        expect(new Set(claims.flatMap(({ result }) => Object.values(result.taken)))).toEqual(new Set([name?.toolId]));
      }),
    );

    test(
      'a workspace goes with everything that belongs to it, audit stays',
      withStore(open, async (store) => {
        const own = apiKey({ workspace: 'support' });
        const foreign = connection({ workspace: 'sales' });
        await store.change(async (writer) => {
          await writer.workspaces.put(workspace('support'));
          await writer.connections.put(connection());
          await writer.connections.put(foreign);
          await writer.keys.put(own);
          await writer.secrets.put({
            workspace: 'support',
            name: 'x',
            value: { kind: 'encrypted', dataKey: 'dek_1', envelope: '' },
            setAt: NOON,
            setBy: 'a',
          });
          await writer.dataKeys.put({
            id: 'dek_1',
            workspace: 'support',
            masterKey: 'm',
            envelope: '',
            createdAt: NOON,
          });
        });
        const asked = await store.approvals.request(approval());
        await store.audit.append([auditEntry(1)]);
        const { result } = await store.change((writer) => writer.removeWorkspace('support'));
        expect(result).toBe(true);
        expect((await store.snapshot()).workspaces).toEqual([]);
        expect(await store.read.connections.list()).toEqual([foreign]);
        expect(await store.keyDirectory.findByHash(own.hash)).toBeUndefined();
        expect(await store.read.secrets.list()).toEqual([]);
        expect(await store.read.dataKeys.list()).toEqual([]);
        expect(await store.approvals.get(asked.id)).toBeUndefined();
        expect((await store.audit.query({})).items).toHaveLength(1);
      }),
    );
  });
}
