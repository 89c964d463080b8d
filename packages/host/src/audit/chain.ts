import { hash } from 'node:crypto';
import { canonicalJson } from '@capstan/schema';
import type { AuditRecord, CallRecord, ChainedRecord } from './audit-record.ts';

/** The `previous` of the first record of a chain. */
export const GENESIS: string = '0'.repeat(64);

/** Characters; the arguments of a longer record are left out, their size stays. */
const MAX_RECORD_LENGTH = 16_384;

/** Where a record stands in its chain. */
export type ChainPlace = Pick<ChainedRecord, 'replica' | 'sequence' | 'previous'>;

/** SHA-256 of a line, without its line break, in hex. */
export function hashOfLine(line: string | Buffer): string {
  return hash('sha256', line, 'hex');
}

/** A record as it is hashed and kept: one line of JSON, without the line break. */
export function lineOf(record: AuditRecord, { replica, sequence, previous }: ChainPlace): string {
  const place = `{"replica":${JSON.stringify(replica)},"sequence":${sequence},"previous":"${previous}",`;
  return place + boundedJson(record).slice(1);
}

/** Arguments of an in-process caller may be anything; what JSON cannot carry is named instead of written. */
function boundedJson(record: AuditRecord): string {
  const json = stringify(record) ?? JSON.stringify(withoutContent(record, { omitted: 'not JSON' }));
  if (json.length <= MAX_RECORD_LENGTH) return json;
  return JSON.stringify(withoutContent(record, { omitted_characters: json.length }));
}

function withoutContent(record: AuditRecord, note: { readonly [key: string]: string | number }): AuditRecord {
  if (record.kind === 'act') return { ...record, details: note };
  const digest = argumentsDigest(record);
  return { ...record, arguments: note, ...(digest === undefined ? {} : { arguments_digest: digest }) };
}

/**
 * SHA-256 of the canonical JSON of the arguments as they are recorded, secrets masked, in hex: the same calls have the
 * same. It is made when somebody asks, because it costs as much as the record. Undefined where there are none.
 */
export function argumentsDigest({ arguments: given, arguments_digest: known }: CallRecord): string | undefined {
  if (known !== undefined || given === undefined) return known;
  try {
    return hash('sha256', canonicalJson(given), 'hex');
  } catch {
    // Arguments of an in-process caller that JSON cannot carry.
    return undefined;
  }
}

function stringify(record: AuditRecord): string | undefined {
  try {
    return JSON.stringify(record);
  } catch {
    return undefined;
  }
}

/** A line of a chain; undefined for one that is none. */
export function parseLine(line: string): ChainedRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isChained(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Lines are written by Capstan alone, so the place in the chain is enough to know one. */
function isChained(value: unknown): value is ChainedRecord {
  if (typeof value !== 'object' || value === null) return false;
  if (!('replica' in value && 'sequence' in value && 'previous' in value && 'kind' in value)) return false;
  return (
    typeof value.replica === 'string' &&
    typeof value.previous === 'string' &&
    Number.isSafeInteger(value.sequence) &&
    (value.kind === 'call' || value.kind === 'act')
  );
}
