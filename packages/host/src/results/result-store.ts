import { randomBytes } from 'node:crypto';

/** A large result on its way into the store. */
export interface ResultToStore {
  /** Only this workspace gets it back. */
  readonly workspace: string;
  /** JSON. */
  readonly text: string;
  /** The moment, in ms since the epoch. */
  readonly now: number;
}

/** Where a stored result is. */
export interface StoredResult {
  /** `res_…`; cannot be guessed. */
  readonly id: string;
  readonly bytes: number;
  /** In ms since the epoch. It may be gone earlier, when newer ones need the room. */
  readonly expiresAt: number;
}

/** Keeps results that are too large to hand to an agent. */
export interface ResultStore {
  put(result: ResultToStore): Promise<StoredResult>;
  /** The JSON text; `undefined` where the workspace has no such result, or no longer. */
  get(workspace: string, id: string, now: number): Promise<string | undefined>;
}

/** Bounds of a store. */
export interface ResultStoreLimits {
  /** Default 1 hour. */
  readonly ttlMs?: number;
  /** Over all results; the oldest give way. Default 64 MiB in memory. */
  readonly maxBytes?: number;
}

const DEFAULT_TTL_MS = 3_600_000;
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const ID_BYTES = 16;

/** An id that nobody can guess: who knows it may still only read it within its workspace. */
export function newResultId(): string {
  return `res_${randomBytes(ID_BYTES).toString('hex')}`;
}

interface Kept {
  readonly workspace: string;
  readonly text: string;
  readonly bytes: number;
  readonly expiresAt: number;
}

/** Keeps results in memory, for embedding. */
export function memoryResultStore(limits: ResultStoreLimits = {}): ResultStore {
  const { ttlMs = DEFAULT_TTL_MS, maxBytes = DEFAULT_MAX_BYTES } = limits;
  const kept = new Map<string, Kept>();
  let total = 0;
  const drop = (id: string, { bytes }: Kept): void => {
    kept.delete(id);
    total -= bytes;
  };
  return {
    async put({ workspace, text, now }) {
      const result: Kept = { workspace, text, bytes: Buffer.byteLength(text), expiresAt: now + ttlMs };
      const id = newResultId();
      kept.set(id, result);
      total += result.bytes;
      for (const [other, old] of kept) {
        if (other === id || (total <= maxBytes && old.expiresAt > now)) break;
        drop(other, old);
      }
      return { id, bytes: result.bytes, expiresAt: result.expiresAt };
    },
    async get(workspace, id, now) {
      const result = kept.get(id);
      return result?.workspace === workspace && result.expiresAt > now ? result.text : undefined;
    },
  };
}
