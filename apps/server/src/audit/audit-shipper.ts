import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHAIN_START, type ChainPosition, chainFolders, finishedSegments, readChain } from '@capstan/host';
import type { Clock, Logger } from '@capstan/sdk';
import type { AuditStore } from '@capstan/store';
import { entryOfLine } from './entry-of-line.ts';

/** What {@link startAuditShipper} takes. */
export interface AuditShipperOptions {
  /** Holds the folders of chains. */
  readonly folder: string;
  readonly archive: Pick<AuditStore, 'append' | 'removeBefore'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Days that records stay in the store; absent: for ever. */
  readonly retentionDays?: number | undefined;
}

/** Carries audit records from the data folder to the store. */
export interface AuditShipper {
  /** Resolves when everything that was in the files is in the store. @throws what the store throws */
  ship(): Promise<void>;
  /** Tries once more, then stops. */
  close(): Promise<void>;
}

const CURSOR_FILE = 'shipped.json';
const BATCH_BYTES = 1_000_000;
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
const RETENTION_PAUSE_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * 1. A batch counts as shipped when the store has it and the cursor file says so, in this order. What a crash in between
 *    ships again, the store knows already by chain and sequence: nothing is lost and nothing is there twice.
 * 2. Files are removed when all of them is in the store; the one that is being written stays.
 * 3. One round at a time. A store that is away is tried again in growing pauses, and told once.
 */
export function startAuditShipper(options: AuditShipperOptions): AuditShipper {
  return new Shipper(options);
}

class Shipper implements AuditShipper {
  readonly #options: AuditShipperOptions;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #pauseMs = PAUSE_MS;
  #isAway = false;
  #isClosed = false;
  #nextRetention = 0;

  constructor(options: AuditShipperOptions) {
    this.#options = options;
    this.#schedule();
  }

  ship(): Promise<void> {
    // What was written since a round began may not be in it.
    const before = this.#round ?? Promise.resolve();
    return before.catch(() => undefined).then(() => this.#startRound());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.ship().catch((cause: unknown) => {
      this.#options.logger.warn('audit records are not in the store yet; the next start brings them there', { cause });
    });
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#tick(), this.#pauseMs).unref();
  }

  async #tick(): Promise<void> {
    const { logger } = this.#options;
    try {
      await this.#startRound();
      await this.#forgetOld();
      if (this.#isAway) logger.info('audit records reach the store again');
      this.#isAway = false;
      this.#pauseMs = PAUSE_MS;
    } catch (cause) {
      if (!this.#isAway) logger.warn('audit records cannot be stored and wait in the data folder', { cause });
      this.#isAway = true;
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    }
    this.#schedule();
  }

  #startRound(): Promise<void> {
    this.#round ??= this.#shipChains().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #shipChains(): Promise<void> {
    for (const chain of chainFolders(this.#options.folder)) await this.#shipChain(chain);
  }

  async #shipChain(chain: string): Promise<void> {
    const { archive, logger } = this.#options;
    const cursorPath = join(chain, CURSOR_FILE);
    let position = readCursor(cursorPath);
    for (;;) {
      const { lines, end } = readChain(chain, position, BATCH_BYTES);
      if (lines.length === 0) break;
      const entries = lines.map(entryOfLine).filter((entry) => entry !== undefined);
      if (entries.length < lines.length) {
        logger.error('audit lines that are no records stay out of the store', {
          chain,
          lines: lines.length - entries.length,
        });
      }
      await archive.append(entries);
      writeCursor(cursorPath, end);
      position = end;
    }
    for (const { path } of finishedSegments(chain, position)) rmSync(path);
  }

  async #forgetOld(): Promise<void> {
    const { archive, clock, logger, retentionDays } = this.#options;
    if (retentionDays === undefined || clock.now() < this.#nextRetention) return;
    const removed = await archive.removeBefore(clock.now() - retentionDays * DAY_MS);
    this.#nextRetention = clock.now() + RETENTION_PAUSE_MS;
    if (removed > 0) logger.info('old audit records were removed', { records: removed, days: retentionDays });
  }
}

/** Not made durable: a cursor that a power cut takes back ships again what the store knows. */
function writeCursor(path: string, position: ChainPosition): void {
  writeFileSync(`${path}.new`, JSON.stringify(position), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** A cursor that is not there or cannot be read begins anew: the store knows what it has. */
function readCursor(path: string): ChainPosition {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isPosition(value) ? value : CHAIN_START;
  } catch {
    return CHAIN_START;
  }
}

function isPosition(value: unknown): value is ChainPosition {
  return (
    typeof value === 'object' &&
    value !== null &&
    'segment' in value &&
    'offset' in value &&
    Number.isSafeInteger(value.segment) &&
    Number.isSafeInteger(value.offset)
  );
}
