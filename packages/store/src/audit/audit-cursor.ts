import { CapstanError } from '@capstan/sdk';
import type { AuditEntry } from './audit-entry.ts';

/** Where a page of audit records ended: records are ordered by time, then replica, then sequence, newest first. */
export interface AuditPosition {
  readonly at: number;
  readonly replica: string;
  readonly sequence: number;
}

export function auditCursor({ at, replica, sequence }: AuditEntry): string {
  return Buffer.from(JSON.stringify([at, replica, sequence])).toString('base64url');
}

/** @throws CapstanError CAPSTAN_INVALID_REQUEST for a text that is no cursor. */
export function readAuditCursor(cursor: string): AuditPosition {
  const parts = partsOf(cursor);
  if (Array.isArray(parts)) {
    const [at, replica, sequence]: readonly unknown[] = parts;
    if (typeof at === 'number' && typeof replica === 'string' && typeof sequence === 'number') {
      return { at, replica, sequence };
    }
  }
  throw new CapstanError('CAPSTAN_INVALID_REQUEST', 'the cursor is none of a list of audit records', {
    hint: 'Send next_cursor of the page before, or none.',
  });
}

function partsOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    // Told by the caller.
    return undefined;
  }
}

/** Above 0 where one comes after the other in a list. */
export function compareAuditPositions(one: AuditPosition, other: AuditPosition): number {
  if (one.at !== other.at) return other.at - one.at;
  if (one.replica !== other.replica) return one.replica < other.replica ? 1 : -1;
  return other.sequence - one.sequence;
}
