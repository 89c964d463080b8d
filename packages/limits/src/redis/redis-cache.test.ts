import { describe, expect, test } from 'vitest';
import { cacheContract, keep, keyOf, NOW, textOf } from '../cache/cache-contract.test.support.ts';
import { createResultCache, type ResultCache } from '../cache/result-cache.ts';
import {
  connectionTo,
  hasRedis,
  type RedisUnderTest,
  redisServer,
  tellMissingRedis,
} from '../test-kit/redis-server.test.support.ts';
import { createRedisSecondLevel } from './redis-second-level.ts';

tellMissingRedis();

async function cacheOn(server: RedisUnderTest): Promise<ResultCache> {
  return createResultCache({ second: await createRedisSecondLevel(await connectionTo(server)) });
}

describe.runIf(hasRedis)('a cache with Redis behind it', () => {
  cacheContract(async () => cacheOn(await redisServer()));

  test('replicas find what another one kept, and a clearing reaches their memory', async () => {
    const server = await redisServer();
    const [one, other] = [await cacheOn(server), await cacheOn(server)];
    await keep(one, keyOf('a'), 'text', 60_000);
    await expect.poll(() => textOf(other, keyOf('a'))).toBe('fresh text');
    expect(other.entries('default')).toHaveLength(1);
    expect(await one.clear({ by: 'tool', workspace: 'default', tool: 'app.price' })).toEqual({
      cleared: 1,
      isShared: true,
    });
    await expect.poll(() => other.entries('default')).toEqual([]);
    expect(await textOf(other, keyOf('a'))).toBeUndefined();
  });

  test('a replica that is slow cannot bring back what another one cleared', async () => {
    const server = await redisServer();
    const [slow, other] = [await cacheOn(server), await cacheOn(server)];
    const found = await slow.find(keyOf('a'), NOW);
    await other.clear({ by: 'workspace', workspace: 'default' });
    const entry = { text: 'old', storedAt: NOW, freshUntil: NOW + 60_000, staleUntil: NOW + 60_000 };
    if (found.kind === 'none') slow.keep(keyOf('a'), entry, found.ticket);
    expect(await textOf(other, keyOf('a'))).toBeUndefined();
  });

  test('while the server is away memory answers, and what was missed is forgotten when it is back', async () => {
    const server = await redisServer();
    const cache = await cacheOn(server);
    await keep(cache, keyOf('a'), 'text', 60_000);
    await server.stop();
    expect(await textOf(cache, keyOf('a'))).toBe('fresh text');
    await expect.poll(async () => (await cache.clear({ by: 'entry', id: 'x' })).isShared).toBe(false);
    await keep(cache, keyOf('b'), 'kept here');
    expect(await textOf(cache, keyOf('b'))).toBe('fresh kept here');
    await server.start();
    await expect.poll(() => cache.size, { timeout: 20_000 }).toBe(0);
  });
});
