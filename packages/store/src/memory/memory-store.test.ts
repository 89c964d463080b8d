import { expect, test } from 'vitest';
import { auditEntry } from '../contract/samples.test.support.ts';
import { describeStore } from '../contract/store-contract.test.support.ts';
import { createMemoryStore } from './memory-store.ts';

describeStore('memory', async () => createMemoryStore());

test('of more audit records than fit the oldest go', async () => {
  const store = createMemoryStore({ auditCapacity: 2 });
  await store.audit.append([auditEntry(1), auditEntry(2), auditEntry(3)]);
  expect((await store.audit.query({})).items.map(({ sequence }) => sequence)).toEqual([3, 2]);
});
