import { hashOfLine, parseLine } from '@capstan/host';
import type { JsonObject } from '@capstan/sdk';
import type { AuditEntry } from '@capstan/store';

/** A line of a chain as the store keeps it; undefined for one that is no record. */
export function entryOfLine(line: string): AuditEntry | undefined {
  const record = parseLine(line);
  if (record === undefined) return undefined;
  const { replica, sequence, previous, workspace, principal, status, code } = record;
  const at = Date.parse(record.at);
  return {
    replica,
    sequence,
    at: Number.isNaN(at) ? 0 : at,
    kind: record.kind === 'call' ? 'invocation' : 'administration',
    subject: record.kind === 'call' ? record.tool : record.act,
    status,
    previousHash: previous,
    hash: hashOfLine(line),
    record: JSON.parse(line) as JsonObject,
    principal,
    ...(workspace === undefined ? {} : { workspace }),
    ...(code === undefined ? {} : { code }),
    ...(record.kind === 'call' ? { executionId: record.execution_id } : {}),
  };
}
