import type { SqlDialect } from './sql-identifier.ts';

/**
 * What stands in a statement where a parameter goes, in order: `$1`, `?`, `:name`. Strings, quoted names and comments are
 * passed over; one that does not end reaches to the end of the text.
 */
export function placeholdersOf(sql: string, dialect: SqlDialect): readonly string[] {
  const { skips, placeholder } = SYNTAX[dialect];
  const found: string[] = [];
  let at = 0;
  while (at < sql.length) {
    const end = firstEnd(skips, sql, at);
    const match = end === undefined ? matchAt(placeholder, sql, at) : undefined;
    if (match !== undefined) found.push(match);
    at = end ?? at + (match?.length ?? 1);
  }
  return found;
}

/** Where a string, quoted name or comment that begins at a place ends; undefined where none begins. */
type Skip = (sql: string, at: number) => number | undefined;

interface Syntax {
  readonly skips: readonly Skip[];
  /** Sticky. */
  readonly placeholder: RegExp;
}

function firstEnd(skips: readonly Skip[], sql: string, at: number): number | undefined {
  for (const skip of skips) {
    const end = skip(sql, at);
    if (end !== undefined) return end;
  }
  return undefined;
}

function matchAt(pattern: RegExp, sql: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
}

/** From one quote to the next; a doubled one is text, and with `escapes` what follows a backslash is too. */
function quoted(open: string, close: string = open, escapes: (sql: string, at: number) => boolean = never): Skip {
  return (sql, at) => {
    if (sql[at] !== open) return undefined;
    const hasEscapes = escapes(sql, at);
    let end = at + 1;
    while (end < sql.length) {
      if (sql[end] === '\\' && hasEscapes) end += 2;
      else if (sql[end] !== close) end += 1;
      else if (sql[end + 1] === close) end += 2;
      else return end + 1;
    }
    return sql.length;
  };
}

const never = (): boolean => false;
const always = (): boolean => true;

/** Postgres: `E'…'`, where the E is a word of its own. */
function hasEscapePrefix(sql: string, at: number): boolean {
  return /(?<![\w$])e$/i.test(sql.slice(Math.max(0, at - 2), at));
}

function lineComment(start: RegExp): Skip {
  return (sql, at) => {
    if (matchAt(start, sql, at) === undefined) return undefined;
    const end = sql.indexOf('\n', at);
    return end === -1 ? sql.length : end + 1;
  };
}

function blockComment(isNesting: boolean): Skip {
  return (sql, at) => {
    if (!sql.startsWith('/*', at)) return undefined;
    let depth = 1;
    let end = at + 2;
    while (end < sql.length && depth > 0) {
      const isStart = isNesting && sql.startsWith('/*', end);
      const isEnd = sql.startsWith('*/', end);
      depth += Number(isStart) - Number(isEnd);
      end += isStart || isEnd ? 2 : 1;
    }
    return end;
  };
}

/** Postgres: `$$…$$` and `$tag$…$tag$`. */
function dollarQuoted(sql: string, at: number): number | undefined {
  const tag = matchAt(/(?<![\w$])\$(?:[A-Za-z_]\w*)?\$/y, sql, at);
  if (tag === undefined) return undefined;
  const end = sql.indexOf(tag, at + tag.length);
  return end === -1 ? sql.length : end + tag.length;
}

const dashes = lineComment(/--/y);

const SYNTAX: Readonly<Record<SqlDialect, Syntax>> = {
  postgres: {
    skips: [quoted("'", "'", hasEscapePrefix), quoted('"'), dollarQuoted, dashes, blockComment(true)],
    placeholder: /(?<![\w$])\$\d+/y,
  },
  mysql: {
    skips: [
      quoted("'", "'", always),
      quoted('"', '"', always),
      quoted('`'),
      lineComment(/--(?=\s|$)/y),
      lineComment(/#/y),
      blockComment(false),
    ],
    placeholder: /\?/y,
  },
  sqlite: {
    skips: [quoted("'"), quoted('"'), quoted('`'), quoted('[', ']'), dashes, blockComment(false)],
    placeholder: /\?\d*|(?<![\w:])[:@$][A-Za-z_]\w*/y,
  },
  mssql: {
    skips: [quoted("'"), quoted('"'), quoted('[', ']'), dashes, blockComment(true)],
    placeholder: /(?<![\w@])@[A-Za-z_]\w*/y,
  },
};
