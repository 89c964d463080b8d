import { auditCursor, compareAuditPositions, readAuditCursor } from '../audit/audit-cursor.ts';
import type { AuditEntry } from '../audit/audit-entry.ts';
import { AUDIT_EQUALITIES, type AuditChain, type AuditFilter, type AuditStore } from '../audit/audit-store.ts';
import { type Page, type PageRequest, pageOf, pageSize } from '../page.ts';

/** Records in memory, the newest of them: an embedded host that runs for weeks must not grow. */
export class MemoryAudit implements AuditStore {
  readonly #capacity: number;
  /** By replica and sequence, oldest first. */
  readonly #entries = new Map<string, AuditEntry>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  async append(entries: readonly AuditEntry[]): Promise<void> {
    for (const entry of entries) {
      const key = `${entry.sequence} ${entry.replica}`;
      if (!this.#entries.has(key)) this.#entries.set(key, Object.freeze(structuredClone(entry)));
    }
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#capacity) break;
      this.#entries.delete(key);
    }
  }

  async query(filter: AuditFilter, page: PageRequest = {}): Promise<Page<AuditEntry>> {
    const after = page.cursor === undefined ? undefined : readAuditCursor(page.cursor);
    const found = [...this.#entries.values()]
      .filter((entry) => fits(entry, filter) && (after === undefined || compareAuditPositions(entry, after) > 0))
      .sort(compareAuditPositions);
    return pageOf(found, pageSize(page), auditCursor);
  }

  async chain(replica: string, fromSequence: number, limit: number): Promise<readonly AuditEntry[]> {
    return this.#ofReplica(replica)
      .filter(({ sequence }) => sequence >= fromSequence)
      .slice(0, limit);
  }

  async chains(): Promise<readonly AuditChain[]> {
    const replicas = new Set(this.#entries.values().map(({ replica }) => replica));
    return [...replicas].sort().flatMap((replica) => {
      const entries = this.#ofReplica(replica);
      const [first, last] = [entries.at(0), entries.at(-1)];
      if (first === undefined || last === undefined) return [];
      return [{ replica, firstSequence: first.sequence, lastSequence: last.sequence, lastHash: last.hash }];
    });
  }

  async removeBefore(at: number): Promise<number> {
    const old = [...this.#entries].filter(([, entry]) => entry.at < at);
    for (const [key] of old) this.#entries.delete(key);
    return old.length;
  }

  #ofReplica(replica: string): AuditEntry[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.replica === replica)
      .sort((one, other) => one.sequence - other.sequence);
  }
}

function fits(entry: AuditEntry, filter: AuditFilter): boolean {
  return (
    AUDIT_EQUALITIES.every((property) => filter[property] === undefined || filter[property] === entry[property]) &&
    (filter.from === undefined || entry.at >= filter.from) &&
    (filter.to === undefined || entry.at < filter.to)
  );
}
