import { closeSync, fsyncSync, mkdirSync, writeSync } from 'node:fs';
import type { Clock, Logger } from '@capstan/sdk';
import { v7 } from 'uuid';
import type { ActRecord, AuditRecord, AuditSink } from './audit-record.ts';
import { hashOfLine, lineOf } from './chain.ts';
import { type ChainEnd, recoverChain } from './recover-chain.ts';
import { openForAppend, segmentAt } from './segments.ts';

/** What {@link openAuditSpool} takes. */
export interface AuditSpoolOptions {
  readonly logger: Logger;
  readonly clock?: Clock;
  /** A segment that is larger is closed, and another one begun. Default 16 MiB. */
  readonly segmentBytes?: number;
  /** Names a chain that is yet to begin. Default: `rep_` and a UUIDv7. */
  readonly newReplicaId?: () => string;
  /** Writes to an open file and returns how many bytes it took. Default: the system's write. */
  readonly write?: (file: number, bytes: Buffer) => number;
}

const DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024;
/** Characters that may wait for a disk that takes nothing. */
const MAX_WAITING_LENGTH = 16 * 1024 * 1024;
const RETRY_MS = 1_000;

/**
 * Opens the audit records of one process: a folder of files, one JSON document a line, each line holding the hash of
 * the one before. A record that a crash cut short is moved aside, and a record says so. One process at a time.
 * @throws the system's error when folder or file cannot be opened.
 */
export function openAuditSpool(folder: string, options: AuditSpoolOptions): AuditSink {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const end = recoverChain(folder);
  const spool = new AuditSpool(folder, end, options);
  if (end.tornBytes > 0) void spool.append(repairRecord(end, options.clock?.now() ?? Date.now()));
  return spool;
}

/**
 * 1. The records of one turn (a callback of the event loop, with all microtasks behind it) go out in one write, in the
 *    order in which they were appended. It is synchronous, so that the answers of the turn can follow at once, and it
 *    comes at the end of the turn rather than of the loop's iteration: to wait for that costs more than the write.
 * 2. What the write leaves behind survives the end of the process (it is the kernel's), not the end of the power.
 * 3. A failed write is logged and what it did not write is kept for the next try: a full disk loses nothing while the
 *    process lives. When too much waits, `accepts` is false.
 * 4. A place in the chain is given when a record is appended, and never twice.
 */
class AuditSpool implements AuditSink {
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #segmentBytes: number;
  readonly #replica: string;
  readonly #writeTo: (file: number, bytes: Buffer) => number;
  #sequence: number;
  #previous: string;
  #file: number;
  #bytesInSegment: number;
  #lines: string[] = [];
  /** What a failed write left, before everything in `#lines`. */
  #unwritten: Buffer | undefined;
  #waitingLength = 0;
  #firstWaiting: number;
  #turn: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(folder: string, end: ChainEnd, options: AuditSpoolOptions) {
    this.#folder = folder;
    this.#logger = options.logger;
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    this.#replica = end.replica ?? (options.newReplicaId ?? (() => `rep_${v7()}`))();
    this.#writeTo = options.write ?? writeSync;
    this.#sequence = end.sequence;
    this.#firstWaiting = end.sequence + 1;
    this.#previous = end.hash;
    this.#bytesInSegment = end.segmentBytes;
    this.#file = openForAppend((end.segment ?? segmentAt(folder, end.sequence + 1)).path);
  }

  append(record: AuditRecord): Promise<void> {
    const sequence = this.#sequence + 1;
    const line = lineOf(record, { replica: this.#replica, sequence, previous: this.#previous });
    this.#sequence = sequence;
    this.#previous = hashOfLine(line);
    this.#lines.push(line);
    this.#waitingLength += line.length;
    this.#turn ??= this.#endOfTurn();
    return this.#turn;
  }

  accepts(): boolean {
    return this.#waitingLength < MAX_WAITING_LENGTH;
  }

  flush(): Promise<void> {
    this.#write();
    return Promise.resolve();
  }

  close(): Promise<void> {
    clearTimeout(this.#retry);
    this.#write();
    clearTimeout(this.#retry);
    if (this.#waitingLength > 0) {
      const lost = this.#sequence - this.#firstWaiting + 1;
      this.#logger.error('audit records could not be written and are lost with this process', { records: lost });
    }
    fsyncSync(this.#file);
    closeSync(this.#file);
    return Promise.resolve();
  }

  #endOfTurn(): Promise<void> {
    return new Promise((resolve) => {
      process.nextTick(() => {
        this.#turn = undefined;
        this.#write();
        resolve();
      });
    });
  }

  #write(): void {
    if (this.#waitingLength === 0) return;
    try {
      this.#writeUnwritten();
      this.#writeLines();
      this.#waitingLength = 0;
      this.#firstWaiting = this.#sequence + 1;
    } catch (cause) {
      this.#logger.error('audit records could not be written and wait for the next try', {
        cause,
        records: this.#sequence - this.#firstWaiting + 1,
      });
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#write(), RETRY_MS).unref();
    }
  }

  #writeUnwritten(): void {
    if (this.#unwritten !== undefined) this.#writeBytes(this.#unwritten);
  }

  #writeLines(): void {
    if (this.#lines.length === 0) return;
    if (this.#bytesInSegment >= this.#segmentBytes) this.#beginSegment(this.#sequence - this.#lines.length + 1);
    const bytes = Buffer.from(`${this.#lines.join('\n')}\n`);
    this.#lines = [];
    this.#writeBytes(bytes);
  }

  #writeBytes(bytes: Buffer): void {
    let rest = bytes;
    this.#unwritten = rest;
    while (rest.length > 0) {
      const written = this.#writeTo(this.#file, rest);
      this.#bytesInSegment += written;
      rest = rest.subarray(written);
      this.#unwritten = rest;
    }
    this.#unwritten = undefined;
  }

  #beginSegment(first: number): void {
    const file = openForAppend(segmentAt(this.#folder, first).path);
    closeSync(this.#file);
    this.#file = file;
    this.#bytesInSegment = 0;
  }
}

function repairRecord({ segment, tornBytes }: ChainEnd, now: number): ActRecord {
  return {
    kind: 'act',
    at: new Date(now).toISOString(),
    surface: 'in_process',
    workspace: undefined,
    principal: 'system:audit',
    roles: [],
    address: undefined,
    key: undefined,
    act: 'audit.repair',
    target: segment?.name ?? '',
    details: { torn_bytes: tornBytes, moved_to: `${segment?.name ?? ''}.torn` },
    status: 'succeeded',
    code: undefined,
  };
}
