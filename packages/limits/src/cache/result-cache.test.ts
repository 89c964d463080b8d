import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cacheContract, keep, keyOf, NOW, textOf } from './cache-contract.test.support.ts';
import { type CacheKey, markOf, marksOf } from './cache-key.ts';
import { createResultCache } from './result-cache.ts';

cacheContract(() => Promise.resolve(createResultCache()));

test('the least recently used gives way, by number and by bytes, and is counted', async () => {
  const few = createResultCache({ maxEntries: 2 });
  await keep(few, keyOf('a'), 'a');
  await keep(few, keyOf('b'), 'b');
  await textOf(few, keyOf('a'));
  await keep(few, keyOf('c'), 'c');
  expect([await textOf(few, keyOf('a')), await textOf(few, keyOf('b'))]).toEqual(['fresh a', undefined]);
  expect(few.statistics('default')).toMatchObject({ entries: 2, tools: { 'app.price': { evictions: 1 } } });
  const small = createResultCache({ maxBytes: 10 });
  await keep(small, keyOf('a'), 'äöü');
  await keep(small, keyOf('b'), 'bbbbbb');
  await keep(small, keyOf('huge'), 'x'.repeat(11));
  expect([await textOf(small, keyOf('a')), await textOf(small, keyOf('b'))]).toEqual([undefined, 'fresh bbbbbb']);
  expect(await textOf(small, keyOf('huge'))).toBeUndefined();
  expect(small.bytes).toBe(6);
});

test('an entry knows how often and when it was used', async () => {
  const cache = createResultCache();
  await keep(cache, keyOf('a'), 'text');
  await textOf(cache, keyOf('a'), NOW + 1);
  await textOf(cache, keyOf('a'), NOW + 2);
  expect(cache.entries('default')).toMatchObject([
    { id: 'a', hits: 2, lastAccessAt: NOW + 2, storedAt: NOW, bytes: 4 },
  ]);
  expect(cache.entries('other')).toEqual([]);
});

test('of a look-up that is older than the clearings it remembers nothing is kept', async () => {
  const cache = createResultCache();
  const found = await cache.find(keyOf('a'), NOW);
  for (let n = 0; n < 1_100; n += 1) await cache.clear({ by: 'entry', id: `x${n}` });
  if (found.kind === 'none') {
    cache.keep(keyOf('a'), { text: 'old', storedAt: NOW, freshUntil: NOW + 9, staleUntil: NOW + 9 }, found.ticket);
  }
  expect(await textOf(cache, keyOf('a'))).toBeUndefined();
});

test('two keys share a mark only where they share what it stands for', () => {
  const text = fc.string({ maxLength: 4 });
  const anyKey = fc.record({
    id: text,
    scope: fc.record({
      workspace: text,
      tool: text,
      connection: text,
      tags: fc.array(text, { maxLength: 2 }),
      arguments: text,
    }),
  });
  fc.assert(
    fc.property(anyKey, anyKey, (one: CacheKey, other: CacheKey) => {
      const marks = marksOf(other);
      const { workspace, tool, connection, tags } = one.scope;
      const inside = workspace === other.scope.workspace;
      expect(marks.includes(markOf({ by: 'workspace', workspace }))).toBe(inside);
      expect(marks.includes(markOf({ by: 'tool', workspace, tool }))).toBe(inside && tool === other.scope.tool);
      expect(marks.includes(markOf({ by: 'connection', workspace, connection }))).toBe(
        inside && connection === other.scope.connection,
      );
      for (const tag of tags) {
        expect(marks.includes(markOf({ by: 'tag', workspace, tag }))).toBe(inside && other.scope.tags.includes(tag));
      }
    }),
  );
});
