import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Logger } from '@capstan/sdk';
import type { AuditRecord, AuditSink } from '../host-options.ts';

const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0 } = constants;
/** Through a link somebody else could have the records written into any file of this user. */
const FLAGS = O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW;

/** Characters; the arguments of a longer record are left out, their size stays. */
const MAX_RECORD_LENGTH = 16_384;

/**
 * An append-only file of audit records, one JSON document a line.
 *
 * 1. The records of one event-loop turn go out in one write, in the order in which they were appended.
 * 2. One write is under way at a time; what is appended meanwhile waits for the next.
 * 3. A failed write is logged and its records are kept for the next try: a full disk loses nothing while the process lives.
 * @throws when the file cannot be opened.
 */
export async function openAuditFile(path: string, logger: Logger): Promise<AuditSink> {
  const file = await open(path, FLAGS, 0o600);
  // A file that was there may be open to others.
  await file.chmod(0o600);
  return new AuditFile(file, logger);
}

class AuditFile implements AuditSink {
  readonly #file: FileHandle;
  readonly #logger: Logger;
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;
  #scheduled = false;

  constructor(file: FileHandle, logger: Logger) {
    this.#file = file;
    this.#logger = logger;
  }

  append(record: AuditRecord): void {
    this.#waiting.push(lineOf(record));
    if (this.#scheduled || this.#writing) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  async flush(): Promise<void> {
    this.#start();
    while (this.#writing) await this.#writing;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#file.close();
  }

  #start(): void {
    if (this.#writing || this.#waiting.length === 0) return;
    this.#writing = this.#writeWaiting();
  }

  async #writeWaiting(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = [];
    let failed = false;
    try {
      await this.#file.appendFile(lines.join(''));
    } catch (cause) {
      failed = true;
      this.#waiting = [...lines, ...this.#waiting];
      this.#logger.error('audit records could not be written and wait for the next try', {
        cause,
        records: lines.length,
      });
    }
    this.#writing = undefined;
    if (!failed) this.#start();
  }
}

/** Arguments of an in-process caller may be anything; what JSON cannot carry is named instead of written. */
function lineOf(record: AuditRecord): string {
  const line = stringify(record) ?? JSON.stringify({ ...record, arguments: { omitted: 'not JSON' } });
  if (line.length <= MAX_RECORD_LENGTH) return `${line}\n`;
  return `${JSON.stringify({ ...record, arguments: { omitted_characters: line.length } })}\n`;
}

function stringify(record: AuditRecord): string | undefined {
  try {
    return JSON.stringify(record);
  } catch {
    return undefined;
  }
}
