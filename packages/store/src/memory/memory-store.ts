import type { Logger } from '@capstan/sdk';
import { claimNames } from '../claim-names.ts';
import type { Collections, StoredState } from '../collections.ts';
import { changedMeanwhile } from '../conflicts.ts';
import type { KeyDirectory } from '../key-directory.ts';
import { Listeners } from '../listeners.ts';
import { readSnapshot } from '../snapshot.ts';
import type { Changed, ChangeOptions, Store, StoreChange, StoreWriter } from '../store.ts';
import { TurnLock } from '../turn-lock.ts';
import { MemoryApprovals } from './memory-approvals.ts';
import { MemoryAudit } from './memory-audit.ts';
import { memoryKeyDirectory } from './memory-keys.ts';
import { type MemoryTables, makeMemoryTables, writersOf } from './memory-tables.ts';

/** Options of {@link createMemoryStore}. */
export interface MemoryStoreOptions {
  /** Audit records that are kept; the oldest go first. Default 10,000. */
  readonly auditCapacity?: number;
  /** Ms since 1970. Default: the system's clock. */
  readonly now?: () => number;
  /** Hears of listeners that throw. */
  readonly logger?: Logger;
}

const DEFAULT_AUDIT_CAPACITY = 10_000;

/** A store that lives as long as the process: for hosts inside of applications, and for tests. */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const { auditCapacity = DEFAULT_AUDIT_CAPACITY, now = Date.now, logger } = options;
  return new MemoryStore(makeMemoryTables(now()), auditCapacity, logger);
}

class MemoryStore implements Store {
  readonly driver = 'memory';
  readonly read: Collections;
  readonly keyDirectory: KeyDirectory;
  readonly approvals: MemoryApprovals;
  readonly audit: MemoryAudit;
  readonly #tables: MemoryTables;
  readonly #lock = new TurnLock();
  readonly #listeners: Listeners<StoreChange>;
  #revision = 0;

  constructor(tables: MemoryTables, auditCapacity: number, logger: Logger | undefined) {
    this.#tables = tables;
    this.#listeners = new Listeners((cause) => logger?.error('a listener of the store failed', { cause }));
    this.read = tables;
    this.keyDirectory = memoryKeyDirectory(tables.keys);
    this.approvals = new MemoryApprovals((id) => this.#tell({ kind: 'approval', id }));
    this.audit = new MemoryAudit(auditCapacity);
  }

  async revision(): Promise<number> {
    return this.#revision;
  }

  snapshot(): Promise<StoredState> {
    // In its turn, so that no change comes between two collections.
    return this.#lock.run(() => readSnapshot(this.#tables, this.#revision));
  }

  change<Result>(
    work: (writer: StoreWriter) => Promise<Result>,
    { expectedRevision, isQuiet = false }: ChangeOptions = {},
  ): Promise<Changed<Result>> {
    return this.#lock.run(async () => {
      if (expectedRevision !== undefined && expectedRevision !== this.#revision) {
        throw changedMeanwhile(expectedRevision, this.#revision);
      }
      try {
        const removed: string[] = [];
        const result = await work(this.#writer(removed));
        this.#commit(isQuiet);
        for (const slug of removed) this.approvals.removeWorkspace(slug);
        return { result, revision: this.#revision };
      } catch (error) {
        for (const table of Object.values(this.#tables)) table.rollback();
        throw error;
      }
    });
  }

  onChange(listener: (change: StoreChange) => void): () => void {
    return this.#listeners.add(listener);
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  /** @param removed Takes the workspaces that are removed. */
  #writer(removed: string[]): StoreWriter {
    const writers = writersOf(this.#tables);
    return {
      ...writers,
      claimNames: (workspace, wanted) => claimNames(writers.names, workspace, wanted),
      removeWorkspace: async (slug) => {
        for (const table of Object.values(this.#tables)) table.removeWhere('workspace', slug);
        removed.push(slug);
        return writers.workspaces.remove({ slug });
      },
    };
  }

  #commit(isQuiet: boolean): void {
    const tables = Object.values(this.#tables);
    if (!tables.some(({ isDirty }) => isDirty)) return;
    for (const table of tables) table.commit();
    if (isQuiet) return;
    this.#revision += 1;
    this.#tell({ kind: 'state', revision: this.#revision });
  }

  /** Not before the writer knows: a listener may look at what the writer does next. */
  #tell(change: StoreChange): void {
    setImmediate(() => this.#listeners.tell(change));
  }
}
