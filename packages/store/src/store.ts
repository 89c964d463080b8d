import type { ApprovalStore } from './approvals/approval-store.ts';
import type { AuditStore } from './audit/audit-store.ts';
import type { Collections, StoredState, WritableCollections } from './collections.ts';
import type { KeyDirectory } from './key-directory.ts';

/**
 * What a server remembers.
 *
 * 1. What decides how a host behaves is written by {@link change} alone: one transaction, one after the other over all
 *    replicas, and each that wrote something raises the revision by one, unless it is quiet.
 * 2. A change is durable when `change` resolves. When it rejects nothing of it is there, unless the database went away
 *    at that very moment (CAPSTAN_STORE_UNAVAILABLE): then look.
 * 3. Listeners hear of every revision, their own included, some time after; several may come as one.
 * 4. Approvals, audit records and the last use of keys are written outside of changes and raise no revision.
 */
export interface Store extends StoreReader {
  readonly driver: 'memory' | 'postgres';
  readonly keyDirectory: KeyDirectory;
  readonly approvals: ApprovalStore;
  readonly audit: AuditStore;
  /** Of the last change; 0 before the first. */
  revision(): Promise<number>;
  /** All that decides how a host behaves, at one moment. */
  snapshot(): Promise<StoredState>;
  /**
   * Runs `work` in one transaction. It waits for nothing but the writer: changes of all replicas wait for it.
   * @throws CapstanError CAPSTAN_CONFLICT when the revision is not the expected one; what `work` throws.
   */
  change<Result>(work: (writer: StoreWriter) => Promise<Result>, options?: ChangeOptions): Promise<Changed<Result>>;
  /** @returns what ends the listening. */
  onChange(listener: (change: StoreChange) => void): () => void;
  /** Whether the store answers. @throws CapstanError CAPSTAN_STORE_UNAVAILABLE */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** What can be read at any time. */
export interface StoreReader {
  readonly read: Collections;
}

/** What can be done inside a change. */
export interface StoreWriter extends WritableCollections {
  /**
   * Gives tools their names, where neither the tool nor the name has been given: two replicas agree, whoever comes first.
   * @param wanted Name by tool id.
   */
  claimNames(workspace: string, wanted: Readonly<Record<string, string>>): Promise<ClaimedNames>;
  /** Removes a workspace with everything that belongs to it, its secrets and their keys too; audit records stay. */
  removeWorkspace(slug: string): Promise<boolean>;
}

/** What became of wanted names. Every tool is in one of the two. */
export interface ClaimedNames {
  /** The name by tool id: the wanted one, or the one that the tool had before. */
  readonly names: Readonly<Record<string, string>>;
  /** Tools whose wanted name belongs to another tool, with that tool's id: ask again with another name. */
  readonly taken: Readonly<Record<string, string>>;
}

/** Options of {@link Store.change}. */
export interface ChangeOptions {
  /** The change is refused when somebody else made one since. */
  readonly expectedRevision?: number;
  /** Raises no revision and tells nobody: for what no host derives its behaviour from, such as grants. Default false. */
  readonly isQuiet?: boolean;
}

/** A change that is durable. */
export interface Changed<Result> {
  readonly result: Result;
  /** After it. The one before it, when it wrote nothing. */
  readonly revision: number;
}

/** Something happened, here or on another replica. */
export type StoreChange =
  | { readonly kind: 'state'; readonly revision: number }
  /** An approval was asked for, decided or used. */
  | { readonly kind: 'approval'; readonly id: string };
