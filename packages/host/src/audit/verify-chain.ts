import type { ChainedRecord } from './audit-record.ts';
import { GENESIS, hashOfLine, parseLine } from './chain.ts';

/** Something that is wrong with a chain, and where. */
export interface ChainFinding {
  /** `unreadable`: a line that is no record. `changed`: a record that is not the one that the next names. `gap`: records are missing. */
  readonly kind: 'unreadable' | 'changed' | 'gap';
  /** Such as `server/0000000000000001.jsonl:17`. */
  readonly place: string;
  readonly message: string;
}

/** What came of looking through a chain. */
export interface ChainReport {
  readonly replica: string | undefined;
  readonly records: number;
  /** Sequence of the first record that is there; above 1 where older ones were removed. */
  readonly first: number;
  readonly last: number;
  /** SHA-256 of the last line: noted elsewhere, it shows later whether the chain was made anew. */
  readonly head: string;
  readonly findings: readonly ChainFinding[];
}

/** More findings than this say nothing new. */
const MAX_FINDINGS = 100;

/** Looks through one chain, line by line, in its order. */
export class ChainVerifier {
  readonly #findings: ChainFinding[] = [];
  #replica: string | undefined;
  #records = 0;
  #first = 0;
  #sequence = 0;
  #head = GENESIS;
  #lastPlace = '';

  /** @param text The line without its line break. */
  add(text: string, place: string): void {
    const record = parseLine(text);
    if (record === undefined) this.#note('unreadable', place, 'this is no record');
    else this.#check(record, place);
    this.#sequence = record?.sequence ?? this.#sequence + 1;
    this.#head = hashOfLine(text);
    this.#records += 1;
    this.#lastPlace = place;
  }

  report(): ChainReport {
    return {
      replica: this.#replica,
      records: this.#records,
      first: this.#first,
      last: this.#sequence,
      head: this.#head,
      findings: this.#findings,
    };
  }

  #check(record: ChainedRecord, place: string): void {
    if (this.#records === 0) {
      this.#begin(record, place);
      return;
    }
    this.#replica ??= record.replica;
    if (record.replica !== this.#replica) {
      this.#note('changed', place, `the record belongs to the chain ${record.replica}, not to ${this.#replica}`);
    }
    const missing = record.sequence - this.#sequence - 1;
    if (missing > 0) {
      const range =
        missing === 1
          ? `record ${record.sequence - 1} is`
          : `records ${this.#sequence + 1} to ${record.sequence - 1} are`;
      this.#note('gap', place, `${range} missing before this one`);
    } else if (missing < 0) {
      this.#note('changed', place, `record ${record.sequence} comes after record ${this.#sequence}`);
    } else if (record.previous !== this.#head) {
      this.#note('changed', this.#lastPlace, `record ${this.#sequence} was changed: the next one names another hash`);
    }
  }

  #begin(record: ChainedRecord, place: string): void {
    this.#replica = record.replica;
    this.#first = record.sequence;
    const isFirst = record.sequence === 1;
    if (isFirst !== (record.previous === GENESIS)) {
      this.#note('changed', place, 'the first record does not begin a chain');
    }
  }

  #note(kind: ChainFinding['kind'], place: string, message: string): void {
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push({ kind, place, message });
  }
}
