import { expect, test } from 'vitest';
import type { CacheKey, Invalidation } from './cache-key.ts';
import type { CacheFinding, ResultCache } from './result-cache.ts';

export const NOW = 1_700_000_000_000;

export function keyOf(id: string, scope: Partial<CacheKey['scope']> = {}): CacheKey {
  return {
    id,
    scope: { workspace: 'default', tool: 'app.price', connection: 'con_1', tags: [], arguments: 'none', ...scope },
  };
}

/** Keeps a text as the answer to a question. */
export async function keep(
  cache: ResultCache,
  key: CacheKey,
  text: string,
  freshMs = 1_000,
  staleMs = 0,
): Promise<void> {
  const found = await cache.find(key, NOW);
  if (found.kind !== 'none') throw new Error('it is there already');
  const freshUntil = NOW + freshMs;
  cache.keep(key, { text, storedAt: NOW, freshUntil, staleUntil: freshUntil + staleMs }, found.ticket);
}

export async function textOf(cache: ResultCache, key: CacheKey, now: number = NOW): Promise<string | undefined> {
  const found: CacheFinding = await cache.find(key, now);
  return found.kind === 'none' ? undefined : `${found.kind} ${found.entry.text}`;
}

/** What every cache does, with a second level or without. */
export function cacheContract(open: () => Promise<ResultCache>): void {
  test('a text is fresh, then stale, then gone', async () => {
    const cache = await open();
    await keep(cache, keyOf('a'), 'one', 1_000, 500);
    expect(await textOf(cache, keyOf('a'), NOW + 999)).toBe('fresh one');
    expect(await textOf(cache, keyOf('a'), NOW + 1_000)).toBe('stale one');
    expect(await textOf(cache, keyOf('a'), NOW + 1_500)).toBeUndefined();
    expect(await textOf(cache, keyOf('b'))).toBeUndefined();
  });

  const clearings: readonly [string, Invalidation, readonly string[]][] = [
    ['everything', { by: 'everything' }, []],
    ['a workspace', { by: 'workspace', workspace: 'default' }, ['other']],
    ['a tool', { by: 'tool', workspace: 'default', tool: 'app.price' }, ['news', 'other']],
    ['a connection', { by: 'connection', workspace: 'default', connection: 'con_2' }, ['plain', 'tagged', 'other']],
    ['a tag', { by: 'tag', workspace: 'default', tag: 'stocks' }, ['plain', 'news', 'other']],
    [
      'the same arguments of a tool',
      { by: 'arguments', workspace: 'default', tool: 'app.news', arguments: 'none' },
      ['plain', 'tagged', 'other'],
    ],
    ['one entry', { by: 'entry', id: 'plain' }, ['tagged', 'news', 'other']],
  ];

  test.each(clearings)('%s can be cleared, and nothing else goes', async (_what, invalidation, left) => {
    const cache = await open();
    const keys = [
      keyOf('plain'),
      keyOf('tagged', { tags: ['stocks', 'slow'] }),
      keyOf('news', { tool: 'app.news', connection: 'con_2' }),
      keyOf('other', { workspace: 'other', tags: ['stocks'] }),
    ];
    for (const key of keys) await keep(cache, key, key.id);
    await cache.clear(invalidation);
    const found = await Promise.all(
      keys.map(async (key) => ((await textOf(cache, key)) === undefined ? [] : [key.id])),
    );
    expect(found.flat()).toEqual(left);
  });

  test('a result that was begun before a clearing and ended after it is not kept', async () => {
    const cache = await open();
    const key = keyOf('a', { tags: ['stocks'] });
    const found = await cache.find(key, NOW);
    await cache.clear({ by: 'tag', workspace: 'default', tag: 'stocks' });
    if (found.kind === 'none') {
      cache.keep(key, { text: 'old', storedAt: NOW, freshUntil: NOW + 1, staleUntil: NOW + 1 }, found.ticket);
    }
    expect(await textOf(cache, key)).toBeUndefined();
    await keep(cache, key, 'new');
    expect(await textOf(cache, key)).toBe('fresh new');
  });
}
