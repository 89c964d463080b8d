import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import {
  epochWindowStart,
  type RateLimiter,
  tighter,
  type WindowRule,
  type WindowState,
  type WindowVerdict,
} from '../rate/rate-limiter.ts';
import type { RedisClient, RedisConnection } from './redis-connection.ts';

/** Windows of many rules share one limiter; more shapes than this at once have nobody who configured them. */
const MAX_SHAPES = 1_000;
const SHORTEST_WINDOW_MS = 1_000;

/** The library's script, with windows in ms instead of whole seconds. */
const COUNT_IN_WINDOW = `
redis.call('set', KEYS[1], 0, 'PX', math.ceil(ARGV[4] * 1000), 'NX')
local consumed = redis.call('incrby', KEYS[1], ARGV[1])
return {consumed, redis.call('pttl', KEYS[1])}`;

/**
 * Fixed windows in Redis, shared by all replicas. Windows under a second count as one second.
 *
 * A call that is refused gives back what it took from other windows in a second step: between the two, another call may
 * be refused that would have had room. It is never the other way round.
 */
export function createRedisRateLimiter(connection: RedisConnection): RateLimiter {
  const shapes = new Map<string, RateLimiterRedis>();
  const limiterOf = (client: RedisClient, rule: WindowRule): RateLimiterRedis => {
    const shape = `${rule.limit}/${rule.windowMs}`;
    const known = shapes.get(shape);
    if (known) return known;
    if (shapes.size >= MAX_SHAPES) shapes.clear();
    const fresh = new RateLimiterRedis({
      storeClient: client,
      useRedisPackage: true,
      keyPrefix: `${connection.prefix}rate`,
      points: rule.limit,
      duration: Math.max(rule.windowMs, SHORTEST_WINDOW_MS) / 1_000,
      customIncrTtlLuaScript: COUNT_IN_WINDOW,
    });
    shapes.set(shape, fresh);
    return fresh;
  };
  return {
    async take(rules, now) {
      const answer = await connection.run((client) =>
        Promise.all(rules.map((rule) => consume(limiterOf(client, rule), rule, now))),
      );
      if (!answer.ok) return { kind: 'unavailable', cause: answer.cause };
      const verdict = verdictOn(answer.value);
      if (verdict.kind === 'full') {
        const taken = answer.value.filter(({ hadRoom }) => hadRoom).map(({ state }) => state.rule);
        if (taken.length > 0) {
          await connection.run((client) =>
            Promise.all(taken.map((rule) => limiterOf(client, rule).reward(keyOf(rule, now)))),
          );
        }
      }
      return verdict;
    },
    close: () => Promise.resolve(),
  };
}

interface Taking {
  readonly hadRoom: boolean;
  readonly state: WindowState;
}

async function consume(limiter: RateLimiterRedis, rule: WindowRule, now: number): Promise<Taking> {
  try {
    const answer = await limiter.consume(keyOf(rule, now));
    return { hadRoom: true, state: stateOf(rule, answer, now) };
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return { hadRoom: false, state: stateOf(rule, refusal, now) };
    throw refusal;
  }
}

function verdictOn(takings: readonly Taking[]): WindowVerdict {
  const full = takings.find(({ hadRoom }) => !hadRoom);
  if (full !== undefined) return { kind: 'full', window: full.state };
  let tightest: WindowState | undefined;
  for (const { state } of takings) tightest = tighter(tightest, state);
  return { kind: 'taken', tightest };
}

function stateOf(rule: WindowRule, answer: RateLimiterRes, now: number): WindowState {
  const resetMs =
    rule.begins === 'epoch' ? epochWindowStart(rule, now) + rule.windowMs - now : Math.max(1, answer.msBeforeNext);
  return { rule, remaining: answer.remainingPoints, resetMs };
}

/** Whoever begins with the epoch gets a key for each window; the key outlives its window and harms nobody. */
function keyOf(rule: WindowRule, now: number): string {
  return rule.begins === 'epoch' ? `${rule.key} ${epochWindowStart(rule, now) / rule.windowMs}` : rule.key;
}
