import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSqlIdentifier, quoteSqlIdentifier, SQL_DIALECTS, type SqlDialect } from './sql-identifier.ts';
import { checkSqlParameters } from './sql-parameters.ts';
import { placeholdersOf } from './sql-placeholders.ts';

describe('an SQL name', () => {
  it('is plain, and on the list where there is one', () => {
    expect(checkSqlIdentifier('users_2')).toBe('users_2');
    expect(checkSqlIdentifier('users', ['users', 'posts'])).toBe('users');
    expect(() => checkSqlIdentifier('keys', ['users'])).toThrow('not one of those allowed');
  });

  it.each(['', '1a', 'a b', 'a;drop table x', 'a"b', 'é', 'a.b'])('%j is not plain', (name) => {
    expect(() => checkSqlIdentifier(name)).toThrow('no plain SQL name');
  });

  it('is not plain when Postgres would cut it off', () => {
    expect(() => checkSqlIdentifier('x'.repeat(64))).toThrow('no plain SQL name');
  });

  it.each([
    ['postgres', 'a"; drop table x; --', '"a""; drop table x; --"'],
    ['mysql', 'a`b', '`a``b`'],
    ['sqlite', 'select', '"select"'],
    ['mssql', 'a]b', '[a]]b]'],
  ] as const)('is quoted as %s wants it', (dialect, name, quoted) => {
    expect(quoteSqlIdentifier(name, dialect)).toBe(quoted);
  });

  it('is measured in bytes in Postgres, which would cut it off', () => {
    expect(quoteSqlIdentifier('é'.repeat(31))).toHaveLength(33);
    expect(() => quoteSqlIdentifier('é'.repeat(32))).toThrow('cannot be a postgres name');
  });

  it('cannot break out of its quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...SQL_DIALECTS), (name, dialect) => {
        let quoted: string;
        try {
          quoted = quoteSqlIdentifier(name, dialect);
        } catch (error) {
          expect(error).toMatchObject({ code: 'CAPSTAN_INVALID_ARGUMENTS' });
          return;
        }
        const close = quoted.at(-1) ?? '';
        const inner = quoted.slice(1, -1);
        expect(inner.replaceAll(close + close, '')).not.toContain(close);
        expect(inner.replaceAll(close + close, close)).toBe(name);
        // A scanner that knows the dialect finds the placeholder behind it, and none inside.
        const placeholder = { postgres: '$1', mysql: '?', sqlite: '?', mssql: '@p' }[dialect];
        expect(placeholdersOf(`select ${quoted} = ${placeholder}`, dialect)).toEqual([placeholder]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('placeholders', () => {
  it.each<[SqlDialect, string, readonly string[]]>([
    [
      'postgres',
      "select $1, '$2', \"$3\", $tag$ $4 $tag$, E'\\'$5', $6 -- $7\n, /* $8 /* $9 */ $10 */ a$11",
      ['$1', '$6'],
    ],
    ['postgres', "select 'a\\', $1", ['$1']],
    ['postgres', 'select $$ $1 $$, $$ open $1', []],
    ['mysql', "select ?, '\\'?', `?`, \"?\" -- ?\n, 5--?\n # ?\n, /* ? */ ?", ['?', '?', '?']],
    ['sqlite', "select ?, ?2, :name, @at, $money, '?', [?], x::text", ['?', '?2', ':name', '@at', '$money']],
    ['mssql', "select @id, @@version, '@x', [@y]]@z], @id", ['@id', '@id']],
  ])('of %s are those outside strings, names and comments: %s', (dialect, sql, placeholders) => {
    expect(placeholdersOf(sql, dialect)).toEqual(placeholders);
  });

  it('are looked for in time that grows with the text', () => {
    for (const piece of ["'", '$a', '/*', '$$', '"', '--', "E'\\"]) {
      expect(placeholdersOf(piece.repeat(200_000), 'postgres')).toEqual([]);
    }
  });

  it('are found in any text without a crash', () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      '`',
      '$',
      '$$',
      '$1',
      '?',
      '/*',
      '*/',
      '--',
      '\n',
      '\\',
      'e',
      '[',
      ']',
      '@x',
      ' ',
    );
    const texts = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(texts, fc.constantFrom(...SQL_DIALECTS), (sql, dialect) => {
        for (const placeholder of placeholdersOf(sql, dialect)) expect(sql).toContain(placeholder);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('parameters', () => {
  it('fit when each placeholder has a value', () => {
    checkSqlParameters('select $1, $2, $1', ['a', 2]);
    checkSqlParameters('select ?, ?', [null, new Date()], 'mysql');
    checkSqlParameters('select :a, @b', { a: 1n, b: new Uint8Array(1) }, 'sqlite');
    checkSqlParameters('select 1', []);
  });

  it.each<[string, string, readonly unknown[], SqlDialect]>([
    ['no value for "2"', 'select $1, $2', ['a'], 'postgres'],
    ['no placeholder for "2"', 'select $1', ['a', 'b'], 'postgres'],
    ['no placeholder for "1"', 'select $2', ['a', 'b'], 'postgres'],
    ['no placeholder for "1"', "select '?'", ['a'], 'mysql'],
    ['parameter 1 is an object', 'select ?', [{ id: 1 }], 'mysql'],
    ['parameter 1 is a list', 'select ?', [['a']], 'mysql'],
    ['parameter 2 is no finite number', 'select $1, $2', [1, Number.NaN], 'postgres'],
    ['parameter 1 contains a NUL', 'select $1', ['a\0'], 'postgres'],
    ['parameter 1 is no date', 'select $1', [new Date('x')], 'postgres'],
    ['parameter 1 is undefined', 'select $1', [undefined], 'postgres'],
    ['NUL character', 'select 1\0', [], 'postgres'],
  ])('are refused: %s', (reason, sql, parameters, dialect) => {
    expect(() => checkSqlParameters(sql, parameters, dialect)).toThrow(reason);
  });
});
