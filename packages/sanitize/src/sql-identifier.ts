import { refusal, shown } from './refusal.ts';

/** The databases whose quoting is known. */
export const SQL_DIALECTS = ['postgres', 'mysql', 'sqlite', 'mssql'] as const;

/** One of {@link SQL_DIALECTS}. */
export type SqlDialect = (typeof SQL_DIALECTS)[number];

interface Quoting {
  readonly open: string;
  readonly close: string;
  readonly max: number;
  readonly measure: (name: string) => number;
}

const inBytes = (name: string): number => Buffer.byteLength(name);
const inCharacters = (name: string): number => name.length;

const QUOTING: Readonly<Record<SqlDialect, Quoting>> = {
  // Postgres cuts a longer name off silently, so two names could become one.
  postgres: { open: '"', close: '"', max: 63, measure: inBytes },
  mysql: { open: '`', close: '`', max: 64, measure: inCharacters },
  sqlite: { open: '"', close: '"', max: 128, measure: inCharacters },
  mssql: { open: '[', close: ']', max: 128, measure: inCharacters },
};

const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * A name of a table or column that needs no quoting: ASCII letters, digits, underscores; of the list, where there is one.
 * @throws CapstanError `CAPSTAN_INVALID_ARGUMENTS`.
 */
export function checkSqlIdentifier(name: string, allowed?: readonly string[]): string {
  if (allowed !== undefined && !allowed.includes(name)) {
    throw refusal(`The name ${shown(name)} is not one of those allowed.`, `Use one of: ${allowed.join(', ')}.`, {
      allowed: [...allowed],
    });
  }
  if (!PLAIN.test(name) || name.length > 63) {
    throw refusal(
      `The name ${shown(name)} is no plain SQL name.`,
      'Use at most 63 ASCII letters, digits and underscores, and do not begin with a digit.',
    );
  }
  return name;
}

/**
 * Any name as a quoted identifier, for the places where no parameter can stand. Dots are part of the name; quote
 * `schema` and `table` one by one.
 * @throws CapstanError `CAPSTAN_INVALID_ARGUMENTS` for an empty, overlong or unprintable name.
 */
export function quoteSqlIdentifier(name: string, dialect: SqlDialect = 'postgres'): string {
  const { open, close, max, measure } = QUOTING[dialect];
  if (name === '' || measure(name) > max || !name.isWellFormed() || /\p{Cc}/u.test(name)) {
    throw refusal(
      `The name ${shown(name)} cannot be a ${dialect} name.`,
      `Use 1 to ${max} printable characters or, in Postgres, bytes.`,
    );
  }
  return `${open}${name.replaceAll(close, close + close)}${close}`;
}
