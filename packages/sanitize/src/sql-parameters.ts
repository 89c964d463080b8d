import { refusal, shown } from './refusal.ts';
import type { SqlDialect } from './sql-identifier.ts';
import { placeholdersOf } from './sql-placeholders.ts';

/** What may stand for a placeholder. Objects and arrays may not: some drivers write them into the statement as SQL. */
export type SqlParameter = string | number | bigint | boolean | null | Date | Uint8Array;

/** Parameters by place, or by name without the sign (`{ id: 7 }` for `:id`). */
export type SqlParameters = readonly unknown[] | Readonly<Record<string, unknown>>;

/**
 * Checks that a statement and its parameters fit each other: every placeholder has a value, every value a placeholder, and
 * each value is a {@link SqlParameter}.
 * @throws CapstanError `CAPSTAN_INVALID_ARGUMENTS`.
 */
export function checkSqlParameters(sql: string, parameters: SqlParameters, dialect: SqlDialect = 'postgres'): void {
  if (sql.includes('\0')) throw refusal('The statement contains a NUL character.', 'Take it out.');
  const placeholders = placeholdersOf(sql, dialect);
  const given = isList(parameters) ? parameters.map((_, index) => String(index + 1)) : Object.keys(parameters);
  const wanted = new Set(placeholders.map((placeholder, index) => nameOf(placeholder, index)));
  const missing = [...wanted].filter((name) => !given.includes(name));
  const surplus = given.filter((name) => !wanted.has(name));
  if (missing.length > 0) throw refusal(`The statement has no value for ${list(missing)}.`, HINT, { missing });
  if (surplus.length > 0) throw refusal(`The statement has no placeholder for ${list(surplus)}.`, HINT, { surplus });
  for (const [name, value] of Object.entries(parameters))
    checkValue(isList(parameters) ? Number(name) + 1 : name, value);
}

const HINT = 'Give one value for each placeholder.';

function isList(parameters: SqlParameters): parameters is readonly unknown[] {
  return Array.isArray(parameters);
}

/** `$2` is the second whatever stands before it, `?` counts. */
function nameOf(placeholder: string, index: number): string {
  return placeholder === '?' ? String(index + 1) : placeholder.slice(1);
}

function checkValue(name: string | number, value: unknown): asserts value is SqlParameter {
  const flaw = flawOf(value);
  if (flaw !== undefined) {
    throw refusal(`The parameter ${name} ${flaw}.`, 'Send a text, a number, true, false, null, a date or bytes.');
  }
}

function flawOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      // Postgres has no NUL in text; others end the text there.
      return value.includes('\0')
        ? 'contains a NUL character'
        : value.isWellFormed()
          ? undefined
          : 'is no valid Unicode';
    case 'number':
      return Number.isFinite(value) ? undefined : 'is no finite number';
    case 'bigint':
    case 'boolean':
      return undefined;
    case 'object':
      if (value === null || value instanceof Uint8Array) return undefined;
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'is no date' : undefined;
      return Array.isArray(value) ? 'is a list' : 'is an object';
    default:
      return `is ${typeof value}`;
  }
}

function list(names: readonly string[]): string {
  return names.map(shown).join(', ');
}
