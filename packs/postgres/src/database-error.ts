import { CapstanError, type ErrorCode, isCapstanError } from '@capstan/sdk';
import { DatabaseError } from 'pg';

interface Meaning {
  readonly code: ErrorCode;
  readonly hint: string;
}

/** By SQLSTATE, or its class (the first two characters); see "PostgreSQL Error Codes" in its manual. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  '08P01': { code: 'CAPSTAN_INVALID_ARGUMENTS', hint: 'Give one value in params for each of $1, $2 … in the SQL.' },
  '25': { code: 'CAPSTAN_INVALID_ARGUMENTS', hint: 'Transactions are not for the tools to control.' },
  '25006': {
    code: 'CAPSTAN_INVALID_ARGUMENTS',
    hint: 'This tool only reads; use database_execute to change something.',
  },
  '42501': { code: 'CAPSTAN_REMOTE_REFUSED', hint: 'The role of the pack may not do this; ask who runs the database.' },
  '42P01': { code: 'CAPSTAN_INVALID_ARGUMENTS', hint: 'Look for the name with list_tables.' },
  '42703': { code: 'CAPSTAN_INVALID_ARGUMENTS', hint: 'Look for the column with describe_table.' },
  '53': { code: 'CAPSTAN_REMOTE_UNAVAILABLE', hint: 'The database has no room for more now; try again later.' },
  '57014': { code: 'CAPSTAN_REMOTE_TIMEOUT', hint: 'Ask for less: narrow the query, or aggregate in SQL.' },
  '57': { code: 'CAPSTAN_REMOTE_UNAVAILABLE', hint: 'The database is stopping or starting; try again in a moment.' },
  '08': { code: 'CAPSTAN_REMOTE_UNREACHABLE', hint: 'The connection to the database broke; try again.' },
  '22': { code: 'CAPSTAN_INVALID_ARGUMENTS', hint: 'Correct the value that the message names.' },
  '23': { code: 'CAPSTAN_REMOTE_REFUSED', hint: 'A constraint of the table forbids this; details names it.' },
  '28': { code: 'CAPSTAN_REMOTE_AUTH', hint: 'The database refuses the role or its password; correct database_url.' },
  '3D': { code: 'CAPSTAN_REMOTE_AUTH', hint: 'There is no such database at this server; correct database_url.' },
  '42': { code: 'CAPSTAN_INVALID_ARGUMENTS', hint: 'Correct the SQL at the position that details names.' },
};
const OTHER: Meaning = {
  code: 'CAPSTAN_REMOTE_REFUSED',
  hint: 'The database refused the statement; details has its reason.',
};

/** An error in the host's words, from whatever the driver threw. */
export function databaseError(cause: unknown): CapstanError {
  if (isCapstanError(cause)) return cause;
  if (cause instanceof DatabaseError) return refusal(cause);
  if (cause instanceof Error && cause.name === 'AbortError') {
    return new CapstanError('CAPSTAN_CANCELLED', 'the caller cancelled the call', { cause });
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/timeout/i.test(message)) {
    return new CapstanError('CAPSTAN_REMOTE_TIMEOUT', 'no connection to the database in time', {
      cause,
      hint: 'The database may be down, or all connections of the pack are busy: raise max_connections, or ask for less.',
    });
  }
  return new CapstanError('CAPSTAN_REMOTE_UNREACHABLE', `the database cannot be reached: ${message}`, {
    cause,
    hint: 'Check that the database runs, and host, port and certificate of database_url.',
  });
}

function refusal(error: DatabaseError): CapstanError {
  const { code: sqlState = '', message, detail, position, constraint, hint } = error;
  const meaning = MEANINGS[sqlState] ?? MEANINGS[sqlState.slice(0, 2)] ?? OTHER;
  return new CapstanError(meaning.code, message, {
    cause: error,
    hint: hint === undefined ? meaning.hint : `${meaning.hint} The database says: ${hint}`,
    details: {
      remote_code: sqlState,
      ...(detail === undefined ? {} : { detail }),
      ...(position === undefined ? {} : { position: Number(position) }),
      ...(constraint === undefined ? {} : { constraint }),
    },
  });
}
