import { maskSecrets } from '@capstan/schema';
import type { Logger } from '@capstan/sdk';
import { pino } from 'pino';

/** Where lines go. */
export interface LogDestination {
  write(line: string): void;
}

/** Options of {@link createLog}. */
export interface LogOptions {
  /** `trace`, `debug`, `info`, `warn`, `error` or `silent`. */
  readonly level: string;
  /** Default: standard error, so that standard output stays for results. */
  readonly destination?: LogDestination;
  /** Takes more out of a line that nobody should read there: keys of strangers, say. */
  readonly mask?: (line: string) => string;
}

/** The server's log: one JSON document a line. */
export interface Log {
  /** With everything that a server's own parts log beside messages. */
  readonly pino: StructuredLog;
  /** In the form that a host takes. */
  readonly logger: Logger;
}

/** What the parts of a server use of pino. */
export interface StructuredLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  isLevelEnabled(level: string): boolean;
}

const BEARER = /\b(Bearer|Basic) +[\w.~+/=-]+/gi;

/** A log in which no line holds a secret that is alive, nor an `Authorization` header of anybody. */
export function createLog(options: LogOptions): Log {
  const mask = options.mask ?? ((line) => line);
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // No wildcards: those walk through every object of every line. Whatever path it takes, `streamWrite` sees the text.
      redact: { paths: ['headers.authorization', 'authorization'], censor: '●●●●' },
      hooks: { streamWrite: (line) => mask(maskSecrets(line)).replace(BEARER, '$1 ●●●●') },
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
  return { pino: log, logger: toLogger(log) };
}

function toLogger(log: StructuredLog): Logger {
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
