import { CapstanError, isCapstanError } from '@capstan/sdk';
import { DatabaseError } from 'pg';

/** Runs something that asks the database, and gives its failures a code. */
export async function attempt<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw storeError(error);
  }
}

/** Classes of SQLSTATE (Postgres' appendix A) that speak of the server and not of the statement. */
const SERVER_CLASSES: ReadonlySet<string> = new Set(['08', '53', '57', '58', 'XX']);
/** Authentication, and a database that is not there. */
const REFUSALS: ReadonlySet<string> = new Set(['28000', '28P01', '3D000', '42501']);
const LOCK_NOT_AVAILABLE = '55P03';
const DATA_EXCEPTION_CLASS = '22';
const UNIQUE_VIOLATION = '23505';

/**
 * The error of a driver in Capstan's words. What the server says of the values of a row stays out: it may be a secret.
 * An error without SQLSTATE came from the connection, not from the server.
 */
export function storeError(error: unknown): CapstanError {
  if (isCapstanError(error)) return error;
  if (!(error instanceof DatabaseError)) return unavailable(reasonOf(error));
  const { code = '' } = error;
  if (REFUSALS.has(code)) return refused(error.message, code);
  if (code === LOCK_NOT_AVAILABLE) return unavailable('another replica kept the state locked for too long');
  if (SERVER_CLASSES.has(code.slice(0, 2))) return unavailable(`${error.message} (${code})`);
  if (code.startsWith(DATA_EXCEPTION_CLASS)) {
    return new CapstanError('CAPSTAN_INVALID_REQUEST', `the database cannot hold this value (${code})`, {
      hint: 'Texts must not hold the character U+0000.',
    });
  }
  return new CapstanError('CAPSTAN_INTERNAL', `the database refused a statement (${code})`, {
    cause: new Error(error.message),
  });
}

/** Whether something unique belongs to another row. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === UNIQUE_VIOLATION;
}

function unavailable(reason: string): CapstanError {
  return new CapstanError('CAPSTAN_STORE_UNAVAILABLE', `the database does not answer: ${reason}`);
}

function refused(message: string, code: string): CapstanError {
  return new CapstanError('CAPSTAN_STORE_UNAVAILABLE', `the database refuses the connection: ${message} (${code})`, {
    hint: 'Check user, password and database name of CAPSTAN_DATABASE_URL, and what the user may do.',
    retriable: false,
  });
}

/** Several addresses were tried: the first failure says enough. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : 'unknown';
}
