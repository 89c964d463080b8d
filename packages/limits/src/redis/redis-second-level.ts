import type { CachedText, SecondLevel, SecondLevelFinding } from '../cache/second-level.ts';
import type { RedisClient, RedisConnection } from './redis-connection.ts';

/** Longer than any entry lives, so that a clearing outlives what it cleared. */
const CLEARING_MS = 2 * 86_400_000;
const LONGEST_ENTRY_MS = 86_400_000;

const CLEAR = `
local epoch = redis.call('INCR', KEYS[1])
redis.call('SET', KEYS[2], epoch, 'PX', ARGV[1])
redis.call('PUBLISH', KEYS[3], ARGV[2])
return epoch`;

interface SharedEntry extends CachedText {
  readonly epoch: number;
}

/**
 * Results in Redis, shared by all replicas.
 *
 * 1. Clearings are numbered. An entry holds the number at which its question was asked, and is void once one of its marks
 *    was cleared under a higher one: no list of entries has to be kept, and a slow call cannot bring back what was cleared.
 * 2. Other replicas hear of a clearing by a message. One that lost its connection forgets what it has in memory.
 */
export async function createRedisSecondLevel(connection: RedisConnection): Promise<SecondLevel> {
  const { prefix } = connection;
  const epochKey = `${prefix}cache:epoch`;
  const channel = `${prefix}cache:cleared`;
  const entryKey = (id: string): string => `${prefix}cache:entry:${id}`;
  const markKey = (mark: string): string => `${prefix}cache:mark:${mark}`;
  const listeners: ((mark: string | undefined) => void)[] = [];
  const tell = (mark: string | undefined): void => {
    for (const listener of listeners) listener(mark);
  };
  const subscriber = await subscribe(connection.client, channel, tell);
  return {
    async find(id, marks) {
      const keys = [epochKey, entryKey(id), ...marks.map(markKey)];
      const answer = await connection.run((client) => client.mGet(keys));
      return answer.ok ? findingOf(answer.value) : undefined;
    },
    async put(id, entry, epoch) {
      const lifeMs = Math.min(LONGEST_ENTRY_MS, Math.ceil(entry.staleUntil - entry.storedAt));
      const text = JSON.stringify({ ...entry, epoch } satisfies SharedEntry);
      if (lifeMs > 0) await connection.run((client) => client.set(entryKey(id), text, { PX: lifeMs }));
    },
    async clear(mark) {
      const keys = [epochKey, markKey(mark), channel];
      const answer = await connection.run((client) =>
        client.eval(CLEAR, { keys, arguments: [String(CLEARING_MS), mark] }),
      );
      return answer.ok;
    },
    onCleared: (listener) => void listeners.push(listener),
    close: async () => {
      if (subscriber.isOpen) subscriber.destroy();
    },
  };
}

function findingOf([epochText, entryText, ...markTexts]: readonly (string | null)[]): SecondLevelFinding {
  const epoch = Number(epochText ?? 0);
  const entry = entryText === null || entryText === undefined ? undefined : parsed(entryText);
  const isVoid = entry === undefined || markTexts.some((mark) => Number(mark ?? 0) > entry.epoch);
  return { entry: isVoid ? undefined : entry, epoch };
}

/** Written by Capstan alone; what cannot be read is not there. */
function parsed(text: string): SharedEntry | undefined {
  try {
    return JSON.parse(text) as SharedEntry;
  } catch {
    return undefined;
  }
}

async function subscribe(
  client: RedisClient,
  channel: string,
  tell: (mark: string | undefined) => void,
): Promise<RedisClient> {
  const subscriber = client.duplicate({ disableOfflineQueue: false });
  // The other connection tells when the server is away and when it is back.
  subscriber.on('error', () => undefined);
  let wasReady = false;
  subscriber.on('ready', () => {
    if (wasReady) tell(undefined);
    wasReady = true;
  });
  const connecting = subscriber.connect().then(() => subscriber.subscribe(channel, (mark) => tell(mark)));
  connecting.catch(() => undefined);
  if (client.isReady) await connecting;
  return subscriber;
}
