import { createHash } from 'node:crypto';
import { v7 } from 'uuid';

/** `run_` and a UUIDv7 (RFC 9562). */
export function newRunId(): string {
  return `run_${v7()}`;
}

/** The id of the run that a key starts: the same whenever it is used. In the form of a UUIDv8 (RFC 9562). */
export function runIdOf(idempotencyKey: string): string {
  const hex = createHash('sha256').update(idempotencyKey).digest('hex');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return `run_${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
