import { describe, expect, test } from 'vitest';
import type { AuditEntry } from '../audit/audit-entry.ts';
import type { AuditFilter } from '../audit/audit-store.ts';
import { type OpenStore, withStore } from './open-store.test.support.ts';
import { auditEntry, NOON } from './samples.test.support.ts';

const entries: readonly AuditEntry[] = [
  auditEntry(1),
  auditEntry(2, { status: 'denied', code: 'CAPSTAN_DENIED' }),
  auditEntry(3, { workspace: 'sales', principal: 'key:other' }),
  auditEntry(4, { kind: 'administration', subject: 'pack.enable' }),
  auditEntry(1, { replica: 'two', executionId: 'exe_two' }),
];

export function auditContract(open: OpenStore): void {
  describe('audit', () => {
    test(
      'a record is read as it was written',
      withStore(open, async (store) => {
        const { workspace: _w, principal: _p, executionId: _e, ...bare } = auditEntry(2);
        await store.audit.append([auditEntry(1, { record: { text: 'snow ☃', list: [1.5, null] } }), bare]);
        expect(await store.audit.chain('one', 1, 10)).toEqual([
          auditEntry(1, { record: { text: 'snow ☃', list: [1.5, null] } }),
          bare,
        ]);
      }),
    );

    test(
      'a batch that is sent again changes nothing',
      withStore(open, async (store) => {
        await store.audit.append(entries);
        await store.audit.append([auditEntry(1, { status: 'failed' }), auditEntry(5)]);
        await store.audit.append([]);
        const chain = await store.audit.chain('one', 1, 10);
        expect(chain.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
        expect(chain[0]?.status).toBe('succeeded');
        expect(await store.audit.chain('one', 3, 2)).toHaveLength(2);
      }),
    );

    test.each<readonly [AuditFilter, readonly string[]]>([
      [{}, ['one 4', 'one 3', 'one 2', 'two 1', 'one 1']],
      [{ workspace: 'support', kind: 'invocation' }, ['one 2', 'two 1', 'one 1']],
      [{ status: 'denied' }, ['one 2']],
      [{ code: 'CAPSTAN_DENIED' }, ['one 2']],
      [{ principal: 'key:other' }, ['one 3']],
      [{ subject: 'pack.enable' }, ['one 4']],
      [{ executionId: 'exe_two' }, ['two 1']],
      [{ from: NOON + 2, to: NOON + 4 }, ['one 3', 'one 2']],
    ])('records are found by %o, newest first', (filter, found) =>
      withStore(open, async (store) => {
        await store.audit.append(entries);
        const { items } = await store.audit.query(filter);
        expect(items.map(({ replica, sequence }) => `${replica} ${sequence}`)).toEqual(found);
      })(),
    );

    test(
      'pages come one after the other without gap or double',
      withStore(open, async (store) => {
        await store.audit.append(entries);
        const seen: string[] = [];
        let cursor: string | undefined;
        for (let page = 0; page < 4; page += 1) {
          const { items, nextCursor } = await store.audit.query(
            {},
            { limit: 2, ...(cursor === undefined ? {} : { cursor }) },
          );
          seen.push(...items.map(({ replica, sequence }) => `${replica} ${sequence}`));
          cursor = nextCursor;
          if (cursor === undefined) break;
        }
        expect(seen).toEqual(['one 4', 'one 3', 'one 2', 'two 1', 'one 1']);
        await expect(store.audit.query({}, { cursor: 'nonsense' })).rejects.toMatchObject({
          code: 'CAPSTAN_INVALID_REQUEST',
        });
      }),
    );

    test(
      'the ends of every chain are known, also after old records are forgotten',
      withStore(open, async (store) => {
        expect(await store.audit.chains()).toEqual([]);
        await store.audit.append(entries);
        expect(await store.audit.chains()).toEqual([
          { replica: 'one', firstSequence: 1, lastSequence: 4, lastHash: 'hash 4' },
          { replica: 'two', firstSequence: 1, lastSequence: 1, lastHash: 'hash 1' },
        ]);
        expect(await store.audit.removeBefore(NOON + 2)).toBe(2);
        expect(await store.audit.chains()).toEqual([
          { replica: 'one', firstSequence: 2, lastSequence: 4, lastHash: 'hash 4' },
        ]);
      }),
    );
  });
}
