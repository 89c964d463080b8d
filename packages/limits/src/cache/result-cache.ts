import { LRUCache } from 'lru-cache';
import { type CacheKey, type CacheScope, type Invalidation, markOf, marksOf } from './cache-key.ts';
import type { CachedText, SecondLevel } from './second-level.ts';

/** What {@link createResultCache} takes. */
export interface ResultCacheOptions {
  /** Default 1,000. */
  readonly maxEntries?: number;
  /** Bytes of all texts. Default 64 MiB. */
  readonly maxBytes?: number;
  readonly second?: SecondLevel;
}

/** What was found. */
export type CacheFinding =
  | { readonly kind: 'fresh' | 'stale'; readonly entry: CachedText }
  /** The ticket goes back with the result: what is cleared in between is then not kept. */
  | { readonly kind: 'none'; readonly ticket: CacheTicket };

/** The moment of a look-up, as the cache counts them. */
export interface CacheTicket {
  readonly epoch: number;
  /** Of the second level; undefined where there is none or it did not answer. */
  readonly sharedEpoch: number | undefined;
}

/** How a tool's results are used. */
export interface CacheCounts {
  readonly hits: number;
  /** Answered with an old result while a new one is fetched. */
  readonly stale: number;
  /** Answered with the result of an identical call that was under way. */
  readonly shared: number;
  readonly misses: number;
  /** Entries that gave way to others. */
  readonly evictions: number;
  /** Calls that failed, whose results are never kept. */
  readonly errors: number;
}

/** One entry, as an operator sees it. */
export interface CacheEntryView {
  readonly id: string;
  readonly workspace: string;
  readonly tool: string;
  readonly connection: string;
  readonly tags: readonly string[];
  readonly bytes: number;
  readonly hits: number;
  readonly storedAt: number;
  /** Equal to `storedAt` where nobody has used it. */
  readonly lastAccessAt: number;
  readonly freshUntil: number;
}

/** How a cache is doing. */
export interface CacheStatistics {
  readonly entries: number;
  readonly bytes: number;
  /** Of one workspace, by tool id. */
  readonly tools: Readonly<Record<string, CacheCounts>>;
}

interface Held extends CachedText {
  readonly key: CacheKey;
  readonly marks: readonly string[];
  readonly bytes: number;
  hits: number;
  lastAccessAt: number;
}

type WritableCounts = { -readonly [Name in keyof CacheCounts]: number };

const COUNT_NAMES = ['hits', 'stale', 'shared', 'misses', 'evictions', 'errors'] as const;
const DEFAULT_MAX_ENTRIES = 1_000;
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
/** Clearings that are remembered for calls under way. */
const MAX_CLEARINGS = 1_000;
const MAX_COUNTED_TOOLS = 10_000;

/** Makes a cache in memory, with a second level behind it where replicas share one. */
export function createResultCache(options: ResultCacheOptions = {}): ResultCache {
  return new ResultCache(options);
}

/**
 * Results as texts, the least recently used giving way.
 *
 * 1. `find` answers at once where memory has the entry or there is no second level.
 * 2. A result that was begun before a clearing and ended after it is not kept.
 * 3. A text is immutable: nobody who got one can change what the next one gets.
 */
export class ResultCache {
  readonly #held: LRUCache<string, Held>;
  readonly #second: SecondLevel | undefined;
  /** By workspace, then by tool. */
  readonly #counts = new Map<string, Map<string, WritableCounts>>();
  readonly #clearings = new Map<string, number>();
  #epoch = 0;
  /** Of tickets older than this nobody remembers what was cleared since. */
  #oldestEpoch = 0;

  constructor(options: ResultCacheOptions) {
    const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#second = options.second;
    this.#held = new LRUCache<string, Held>({
      max: options.maxEntries ?? DEFAULT_MAX_ENTRIES,
      maxSize: maxBytes,
      maxEntrySize: maxBytes,
      sizeCalculation: ({ bytes }) => Math.max(1, bytes),
      dispose: ({ key }, _id, reason) => {
        if (reason === 'evict') this.count(key.scope, 'evictions');
      },
    });
    this.#second?.onCleared((mark) => {
      if (mark === undefined) this.#held.clear();
      else this.#clearHere(mark);
    });
  }

  find(key: CacheKey, now: number): CacheFinding | Promise<CacheFinding> {
    const held = this.#held.get(key.id);
    if (held !== undefined && now < held.staleUntil) {
      held.hits += 1;
      held.lastAccessAt = now;
      return { kind: now < held.freshUntil ? 'fresh' : 'stale', entry: held };
    }
    if (held !== undefined) this.#held.delete(key.id);
    const ticket = { epoch: this.#epoch, sharedEpoch: undefined };
    return this.#second === undefined ? { kind: 'none', ticket } : this.#findShared(this.#second, key, ticket, now);
  }

  /** The ticket of a call that is made although there is an entry. */
  ticketFor(key: CacheKey): CacheTicket | Promise<CacheTicket> {
    const ticket = { epoch: this.#epoch, sharedEpoch: undefined };
    const asked = this.#second?.find(key.id, []);
    return asked === undefined ? ticket : asked.then((found) => ({ ...ticket, sharedEpoch: found?.epoch }));
  }

  /** Keeps a result, unless it was cleared since the look-up. */
  keep(key: CacheKey, entry: CachedText, ticket: CacheTicket): void {
    const marks = marksOf(key);
    if (ticket.epoch < this.#oldestEpoch) return;
    if (marks.some((mark) => (this.#clearings.get(mark) ?? 0) > ticket.epoch)) return;
    this.#hold(key, marks, entry);
    if (this.#second !== undefined && ticket.sharedEpoch !== undefined) {
      void this.#second.put(key.id, entry, ticket.sharedEpoch);
    }
  }

  /** Forgets entries. @returns how many were in this memory, and whether the second level was reached where there is one */
  async clear(invalidation: Invalidation): Promise<{ readonly cleared: number; readonly isShared: boolean }> {
    const mark = markOf(invalidation);
    const cleared = this.#clearHere(mark);
    return { cleared, isShared: (await this.#second?.clear(mark)) ?? true };
  }

  count({ workspace, tool }: Pick<CacheScope, 'workspace' | 'tool'>, what: keyof CacheCounts): void {
    const ofWorkspace = this.#counts.get(workspace) ?? new Map<string, WritableCounts>();
    this.#counts.set(workspace, ofWorkspace);
    const known = ofWorkspace.get(tool);
    if (known !== undefined) known[what] += 1;
    else if (ofWorkspace.size < MAX_COUNTED_TOOLS) {
      ofWorkspace.set(tool, { hits: 0, stale: 0, shared: 0, misses: 0, evictions: 0, errors: 0, [what]: 1 });
    }
  }

  statistics(workspace: string): CacheStatistics {
    const counts = this.#counts.get(workspace) ?? [];
    return {
      entries: this.#held.size,
      bytes: this.#held.calculatedSize,
      tools: Object.fromEntries([...counts].map(([tool, counted]) => [tool, { ...counted }])),
    };
  }

  /** How all results of all workspaces are used. */
  totals(): CacheCounts {
    const total = { hits: 0, stale: 0, shared: 0, misses: 0, evictions: 0, errors: 0 };
    for (const ofWorkspace of this.#counts.values()) {
      for (const counts of ofWorkspace.values()) for (const name of COUNT_NAMES) total[name] += counts[name];
    }
    return total;
  }

  get size(): number {
    return this.#held.size;
  }

  get bytes(): number {
    return this.#held.calculatedSize;
  }

  /** The entries of a workspace, those used last first. */
  entries(workspace: string): readonly CacheEntryView[] {
    return [...this.#held.values()]
      .filter(({ key }) => key.scope.workspace === workspace)
      .map(({ key, bytes, hits, storedAt, lastAccessAt, freshUntil }) => ({
        id: key.id,
        workspace: key.scope.workspace,
        tool: key.scope.tool,
        connection: key.scope.connection,
        tags: key.scope.tags,
        bytes,
        hits,
        storedAt,
        lastAccessAt,
        freshUntil,
      }));
  }

  async close(): Promise<void> {
    this.#held.clear();
    await this.#second?.close();
  }

  async #findShared(second: SecondLevel, key: CacheKey, ticket: CacheTicket, now: number): Promise<CacheFinding> {
    const marks = marksOf(key);
    const found = await second.find(key.id, marks);
    if (found === undefined) return { kind: 'none', ticket };
    const { entry, epoch } = found;
    if (entry === undefined || now >= entry.staleUntil)
      return { kind: 'none', ticket: { ...ticket, sharedEpoch: epoch } };
    this.#hold(key, marks, entry);
    return { kind: now < entry.freshUntil ? 'fresh' : 'stale', entry };
  }

  #hold(key: CacheKey, marks: readonly string[], entry: CachedText): void {
    const bytes = Buffer.byteLength(entry.text);
    this.#held.set(key.id, { ...entry, key, marks, bytes, hits: 0, lastAccessAt: entry.storedAt });
  }

  #clearHere(mark: string): number {
    this.#epoch += 1;
    this.#clearings.delete(mark);
    this.#clearings.set(mark, this.#epoch);
    const [oldest] = this.#clearings;
    if (this.#clearings.size > MAX_CLEARINGS && oldest !== undefined) {
      this.#clearings.delete(oldest[0]);
      this.#oldestEpoch = oldest[1];
    }
    const ids = [...this.#held.entries()].filter(([, { marks }]) => marks.includes(mark)).map(([id]) => id);
    for (const id of ids) this.#held.delete(id);
    return ids.length;
  }
}
