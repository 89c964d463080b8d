import { randomUUID } from 'node:crypto';
import type { ConcurrencyLimiter, SlotRule } from '../concurrency/concurrency-limiter.ts';
import type { RedisConnection } from './redis-connection.ts';

/** Takes a slot of each key, or of none: 0, or the number of the first key that is full. */
const ENTER = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = tonumber(ARGV[2])
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  if redis.call('ZCARD', key) >= tonumber(ARGV[i + 2]) then return i end
end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, now + lease, ARGV[1])
  if redis.call('PTTL', key) < lease then redis.call('PEXPIRE', key, lease) end
end
return 0`;

/**
 * Slots in Redis, shared by all replicas.
 *
 * 1. A slot is a lease: one whose replica died comes back when the longest time of its call is over.
 * 2. To leave waits for nothing; where the server is away the lease gives the slot back.
 */
export function createRedisConcurrencyLimiter(
  connection: RedisConnection,
  newToken: () => string = randomUUID,
): ConcurrencyLimiter {
  return {
    async enter(rules, leaseMs) {
      const token = newToken();
      const keys = rules.map(({ key }) => `${connection.prefix}slots:${key}`);
      const args = [token, String(Math.max(1, Math.ceil(leaseMs))), ...rules.map(({ limit }) => String(limit))];
      const answer = await connection.run((client) => client.eval(ENTER, { keys, arguments: args }));
      if (!answer.ok) return { kind: 'unavailable', cause: answer.cause };
      const full = fullRule(rules, answer.value);
      if (full !== undefined) return { kind: 'full', rule: full };
      let isInside = true;
      return {
        kind: 'entered',
        leave: () => {
          if (!isInside) return;
          isInside = false;
          void connection.run((client) => Promise.all(keys.map((key) => client.zRem(key, token))));
        },
      };
    },
    close: () => Promise.resolve(),
  };
}

function fullRule(rules: readonly SlotRule[], answer: unknown): SlotRule | undefined {
  return typeof answer === 'number' && answer > 0 ? rules[answer - 1] : undefined;
}
