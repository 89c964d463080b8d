import { maskTokens } from '@capstan/identity';
import { maskSecrets } from '@capstan/schema';
import type { Logger } from '@capstan/sdk';
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

/** Options of {@link createLog}. */
export interface LogOptions {
  /** `trace`, `debug`, `info`, `warn`, `error` or `silent`. */
  readonly level: string;
  /** Where lines go. Default: standard error, so that standard output stays for results. */
  readonly destination?: DestinationStream;
}

/** The server's log: one JSON document a line. */
export interface Log {
  readonly pino: PinoLogger;
  /** In the form that a host takes. */
  readonly logger: Logger;
}

const BEARER = /\b(Bearer|Basic) +[\w.~+/=-]+/gi;

/** A log in which no line holds a secret that is alive, nor an `Authorization` header of anybody. */
export function createLog(options: LogOptions): Log {
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: ['headers.authorization', '*.headers.authorization', 'authorization'], censor: '●●●●' },
      hooks: { streamWrite: (line) => maskTokens(maskSecrets(line)).replace(BEARER, '$1 ●●●●') },
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
  return { pino: log, logger: toLogger(log) };
}

function toLogger(log: PinoLogger): Logger {
  return {
    debug: (message, fields) => log.debug(withError(fields), message),
    info: (message, fields) => log.info(withError(fields), message),
    warn: (message, fields) => log.warn(withError(fields), message),
    error: (message, fields) => log.error(withError(fields), message),
  };
}

/** pino writes an error out whole only under `err`. */
function withError(fields: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const { error, cause, ...rest } = fields;
  const failure = error ?? cause;
  if (failure === undefined) return rest;
  return failure instanceof Error ? { ...rest, err: failure } : { ...rest, cause: failure };
}
