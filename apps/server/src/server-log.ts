import { maskTokens } from '@capstan/identity';
import { createLog as createMaskedLog, type Log, type LogOptions } from '@capstan/telemetry';

/** The server's log, in which no key of anybody is whole. */
export function createLog(options: Omit<LogOptions, 'mask'>): Log {
  return createMaskedLog({ ...options, mask: maskTokens });
}
