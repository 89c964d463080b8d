import { ERROR_CODES, type ErrorCode } from '@capstan/sdk';

/** Everything was done. */
export const EXIT_OK = 0;
/** What was asked to be the same is not: a plan with changes. */
export const EXIT_DIFFERENT = 2;
/** A call waits for an approval. */
export const EXIT_PENDING = 10;
/** A second Ctrl-C, by the custom of shells: 128 and the signal's number. */
export const EXIT_INTERRUPTED = 130;

/** The exit code of an error code. */
export function exitCodeOf(code: ErrorCode): number {
  return ERROR_CODES[code].exitCode;
}
