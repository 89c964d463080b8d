import { describe, expect, test } from 'vitest';
import { type OpenStore, withStore } from './open-store.test.support.ts';
import { approval, NOON } from './samples.test.support.ts';

const decision = { decidedAt: NOON + 10, decidedBy: 'user:ada', comment: 'fine' } as const;
const use = { at: NOON + 20, executionId: 'exe_1' } as const;

export function approvalContract(open: OpenStore): void {
  describe('approvals', () => {
    test(
      'the same call asks once as long as its approval lives',
      withStore(open, async (store) => {
        const asked = await Promise.all(Array.from({ length: 5 }, () => store.approvals.request(approval())));
        expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
        const other = await store.approvals.request(approval({ argumentsDigest: 'other' }));
        const late = await store.approvals.request(approval({ requestedAt: NOON + 60_000, expiresAt: NOON + 120_000 }));
        expect(new Set([asked[0]?.id, other.id, late.id]).size).toBe(3);
      }),
    );

    test(
      'an approval is decided once',
      withStore(open, async (store) => {
        const { id } = await store.approvals.request(approval());
        const decided = await Promise.all([
          store.approvals.decide(id, 'approved', decision),
          store.approvals.decide(id, 'rejected', decision),
        ]);
        expect(decided.map(({ kind }) => kind).sort()).toEqual(['already_decided', 'decided']);
        expect((await store.approvals.decide('apr_unknown', 'approved', decision)).kind).toBe('unknown');
      }),
    );

    test(
      'an expired approval is not decided',
      withStore(open, async (store) => {
        const { id } = await store.approvals.request(approval());
        const late = await store.approvals.decide(id, 'approved', { ...decision, decidedAt: NOON + 60_000 });
        expect(late.kind).toBe('expired');
      }),
    );

    test(
      'an approved call goes through once, whatever is tried at the same time',
      withStore(open, async (store) => {
        const asked = await store.approvals.request(approval());
        await store.approvals.decide(asked.id, 'approved', decision);
        const tries = await Promise.all(
          Array.from({ length: 8 }, (_, index) =>
            store.approvals.consume(asked, { ...use, executionId: `exe_${index}` }),
          ),
        );
        const won = tries.filter((each) => each !== undefined);
        expect(won).toHaveLength(1);
        expect(won[0]?.state).toMatchObject({ ...decision, kind: 'consumed', consumedAt: use.at });
        expect(await store.approvals.get(asked.id)).toEqual(won[0]);
      }),
    );

    test.each([
      { workspace: 'sales' },
      { principal: 'key:other' },
      { toolId: 'example.other' },
      { argumentsDigest: 'other' },
    ])('an approval lets nothing else through: %o', (other) =>
      withStore(open, async (store) => {
        const asked = await store.approvals.request(approval());
        await store.approvals.decide(asked.id, 'approved', decision);
        expect(await store.approvals.consume({ ...asked, ...other }, use)).toBeUndefined();
      })(),
    );

    test(
      'what is pending, rejected or expired lets nothing through',
      withStore(open, async (store) => {
        const asked = await store.approvals.request(approval());
        expect(await store.approvals.consume(asked, use)).toBeUndefined();
        await store.approvals.decide(asked.id, 'rejected', decision);
        expect(await store.approvals.consume(asked, use)).toBeUndefined();
        const again = await store.approvals.request(approval());
        expect(again.id).not.toBe(asked.id);
        await store.approvals.decide(again.id, 'approved', decision);
        expect(await store.approvals.consume(again, { ...use, at: again.expiresAt })).toBeUndefined();
      }),
    );

    test(
      'a list is filtered, newest first, in pages',
      withStore(open, async (store) => {
        const ids: string[] = [];
        for (const argumentsDigest of ['1', '2', '3']) {
          ids.unshift((await store.approvals.request(approval({ argumentsDigest }))).id);
        }
        await store.approvals.request(approval({ workspace: 'sales' }));
        const first = await store.approvals.list({ workspace: 'support', state: 'pending' }, { limit: 2 });
        expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
        const second = await store.approvals.list(
          { workspace: 'support' },
          { limit: 2, cursor: first.nextCursor ?? '' },
        );
        expect(second.items.map(({ id }) => id)).toEqual(ids.slice(2));
        expect(second.nextCursor).toBeUndefined();
        expect((await store.approvals.list({ notExpiredAt: NOON + 60_000 })).items).toEqual([]);
        expect((await store.approvals.list({ principal: 'key:agent', state: 'approved' })).items).toEqual([]);
      }),
    );

    test(
      'expired ones are forgotten',
      withStore(open, async (store) => {
        const { id } = await store.approvals.request(approval());
        expect(await store.approvals.removeExpired(NOON + 60_000)).toBe(0);
        expect(await store.approvals.removeExpired(NOON + 60_001)).toBe(1);
        expect(await store.approvals.get(id)).toBeUndefined();
      }),
    );
  });
}
