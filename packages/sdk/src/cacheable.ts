import { canonicalText } from './canonical-text.ts';
import type { Clock } from './clock.ts';
import type { JsonValue } from './json.ts';

/** How long answers are kept, and how many. */
export interface CacheableOptions {
  /** How long an answer stands in for a call, in s. Default 300. */
  readonly ttl?: number;
  /** Answers that are kept at most; the least recently used gives way. Default 1,000. */
  readonly maxEntries?: number;
  /** Default: the clock of the machine. The injected `cache` brings the host's. */
  readonly clock?: Clock;
}

/** One kept answer. */
export interface CacheableEntry {
  readonly arguments: readonly JsonValue[];
  readonly hits: number;
  /** In ms since the epoch; equal to `storedAt` where nobody has used it. */
  readonly lastAccessAt: number;
  readonly storedAt: number;
}

/** How the kept answers of one function are used. */
export interface CacheableStatistics {
  readonly hits: number;
  readonly misses: number;
  /** Answers that gave way to others. */
  readonly evictions: number;
  /** Calls that threw; nothing of them is kept. */
  readonly errors: number;
  /** The least recently used first. */
  readonly entries: readonly CacheableEntry[];
}

/** A function whose answers are kept by its arguments. */
export interface CacheableFunction<Arguments extends readonly JsonValue[], Value> {
  (...given: Arguments): Promise<Value>;
  statistics(): CacheableStatistics;
  /** Forgets the answer to exactly these arguments; a call under way is not kept. @returns whether there was one */
  invalidate(...given: Arguments): boolean;
  /** Forgets all answers. */
  clear(): void;
}

/** The service `cache` of tool factories: {@link cacheable} under the host's clock. */
export interface ToolCache {
  cacheable<Arguments extends readonly JsonValue[], Value>(
    work: (...given: Arguments) => Promise<Value> | Value,
    options?: CacheableOptions,
  ): CacheableFunction<Arguments, Value>;
}

interface Entry<Value> {
  readonly given: readonly JsonValue[];
  readonly value: Value;
  readonly storedAt: number;
  hits: number;
  lastAccessAt: number;
}

/**
 * Keeps what a function answers, by its arguments: in the memory of this process, for every caller alike. So a function
 * whose answer depends on who calls takes that as an argument.
 *
 * 1. Arguments are compared as JSON, in whatever order the keys of objects came.
 * 2. Of identical calls at the same time one is made. What throws is not kept.
 * 3. Each caller gets a copy: nobody can change what the next one gets.
 * @throws RangeError when `ttl` or `maxEntries` is not above 0
 */
export function cacheable<Arguments extends readonly JsonValue[], Value>(
  work: (...given: Arguments) => Promise<Value> | Value,
  options: CacheableOptions = {},
): CacheableFunction<Arguments, Value> {
  const { ttl = 300, maxEntries = 1_000, clock = MACHINE_CLOCK } = options;
  if (!(ttl > 0 && maxEntries > 0)) throw new RangeError('cacheable needs a ttl and a maxEntries above 0');
  // A map keeps the order of insertion: what is used goes to its end.
  const kept = new Map<string, Entry<Value>>();
  const underWay = new Map<string, Promise<Value>>();
  const counts = { hits: 0, misses: 0, evictions: 0, errors: 0 };

  const find = (key: string): Entry<Value> | undefined => {
    const entry = kept.get(key);
    if (entry === undefined) return undefined;
    kept.delete(key);
    if (clock.now() >= entry.storedAt + ttl * 1_000) return undefined;
    kept.set(key, entry);
    return entry;
  };
  const keep = (key: string, given: Arguments, value: Value): void => {
    const now = clock.now();
    kept.set(key, {
      given: structuredClone(given),
      value: structuredClone(value),
      storedAt: now,
      hits: 0,
      lastAccessAt: now,
    });
    const [oldest] = kept.keys();
    if (kept.size <= maxEntries || oldest === undefined) return;
    kept.delete(oldest);
    counts.evictions += 1;
  };
  const make = async (key: string, given: Arguments): Promise<Value> => {
    // Its turn comes after `underWay` knows of it, also where the function throws at once.
    await undefined;
    const made = underWay.get(key);
    try {
      const value = await work(...given);
      if (made !== undefined && underWay.get(key) === made) keep(key, given, value);
      return value;
    } catch (error) {
      counts.errors += 1;
      throw error;
    } finally {
      if (underWay.get(key) === made) underWay.delete(key);
    }
  };

  const call = async (...given: Arguments): Promise<Value> => {
    const key = canonicalText(given);
    const entry = find(key);
    const waiting = underWay.get(key);
    if (entry !== undefined) {
      entry.hits += 1;
      entry.lastAccessAt = clock.now();
    }
    counts[entry === undefined && waiting === undefined ? 'misses' : 'hits'] += 1;
    if (entry !== undefined) return structuredClone(entry.value);
    const making = waiting ?? make(key, given);
    underWay.set(key, making);
    return structuredClone(await making);
  };
  return Object.assign(call, {
    statistics: () => ({ ...counts, entries: [...kept.values()].map(viewOf) }),
    invalidate: (...given: Arguments) => {
      const key = canonicalText(given);
      underWay.delete(key);
      const isThere = find(key) !== undefined;
      kept.delete(key);
      return isThere;
    },
    clear: () => {
      kept.clear();
      underWay.clear();
    },
  });
}

const MACHINE_CLOCK: Clock = { now: () => Date.now() };

function viewOf<Value>({ given, hits, lastAccessAt, storedAt }: Entry<Value>): CacheableEntry {
  return { arguments: given, hits, lastAccessAt, storedAt };
}
