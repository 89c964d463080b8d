import { describe, expect, onTestFinished, test } from 'vitest';
import { concurrencyContract } from '../concurrency/concurrency-contract.test.support.ts';
import { rateLimiterContract } from '../rate/rate-limiter-contract.test.support.ts';
import { connectionTo, hasRedis, redisServer, tellMissingRedis } from '../test-kit/redis-server.test.support.ts';
import { createRedisConcurrencyLimiter } from './redis-concurrency-limiter.ts';
import { openRedis } from './redis-connection.ts';
import { createRedisRateLimiter } from './redis-rate-limiter.ts';

tellMissingRedis();

const CALLS = { key: 'a', limit: 2, windowMs: 60_000, begins: 'first_call', name: 'calls' } as const;

describe.runIf(hasRedis)('the rate limiter in Redis', () => {
  rateLimiterContract(async () => ({
    limiter: createRedisRateLimiter(await connectionTo(await redisServer())),
    now: () => Date.now(),
    // The server has a clock of its own.
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms + 20)),
  }));

  test('replicas count together', async () => {
    const server = await redisServer();
    const one = createRedisRateLimiter(await connectionTo(server));
    const other = createRedisRateLimiter(await connectionTo(server));
    expect(await one.take([CALLS], Date.now())).toMatchObject({ kind: 'taken' });
    expect(await other.take([CALLS], Date.now())).toMatchObject({ kind: 'taken' });
    expect(await one.take([CALLS], Date.now())).toMatchObject({ kind: 'full' });
  });
});

describe.runIf(hasRedis)('the concurrency limiter in Redis', () => {
  concurrencyContract(async () => {
    const connection = await connectionTo(await redisServer());
    return {
      limiter: createRedisConcurrencyLimiter(connection),
      // Commands of one connection are answered in their order.
      settled: async () => void (await connection.run((client) => client.ping())),
    };
  });

  test('a slot of a replica that died comes back when its lease is over', async () => {
    const limiter = createRedisConcurrencyLimiter(await connectionTo(await redisServer()));
    const rules = [{ key: 'a', limit: 1, name: 'tool' }];
    expect((await limiter.enter(rules, 100)).kind).toBe('entered');
    expect((await limiter.enter(rules, 100)).kind).toBe('full');
    await expect.poll(async () => (await limiter.enter(rules, 100)).kind, { timeout: 10_000 }).toBe('entered');
  });
});

describe.runIf(hasRedis)('a server that is away', () => {
  test('is told at once, and is used again when it is back', async () => {
    const server = await redisServer();
    const states: string[] = [];
    const connection = await connectionTo(server, { onState: ({ kind }) => states.push(kind) });
    const limiter = createRedisRateLimiter(connection);
    expect(await limiter.take([CALLS], Date.now())).toMatchObject({ kind: 'taken' });
    await server.stop();
    await expect.poll(async () => (await limiter.take([CALLS], Date.now())).kind).toBe('unavailable');
    expect(await createRedisConcurrencyLimiter(connection).enter([CALLS], 1_000)).toMatchObject({
      kind: 'unavailable',
    });
    await server.start();
    await expect.poll(async () => (await limiter.take([CALLS], Date.now())).kind, { timeout: 20_000 }).toBe('taken');
    expect(states).toEqual(['ready', 'away', 'ready']);
  });

  test('from the beginning does not keep anybody from starting', async () => {
    const connection = await openRedis({ url: 'redis://127.0.0.1:1' });
    onTestFinished(() => connection.close());
    expect(await createRedisRateLimiter(connection).take([CALLS], 0)).toMatchObject({ kind: 'unavailable' });
  });

  test('that hangs holds a call no longer than the time limit, and the next ones not at all', async () => {
    const server = await redisServer();
    let now = 0;
    const connection = await connectionTo(server, { timeoutMs: 50, now: () => now });
    const limiter = createRedisRateLimiter(connection);
    server.freeze();
    onTestFinished(() => server.thaw());
    expect(await limiter.take([CALLS], Date.now())).toMatchObject({
      kind: 'unavailable',
      cause: expect.objectContaining({ message: 'the Redis server did not answer within 50 ms' }),
    });
    expect(await limiter.take([CALLS], Date.now())).toMatchObject({
      cause: expect.objectContaining({ message: 'the Redis server does not answer' }),
    });
    server.thaw();
    now = 2_000;
    await expect.poll(async () => (await limiter.take([CALLS], Date.now())).kind).toBe('taken');
  });
});
