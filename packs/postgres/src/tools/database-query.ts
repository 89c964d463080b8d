import { CapstanError, defineTool, type JsonValue, type ToolFactory } from '@capstan/sdk';
import { DatabaseError } from 'pg';
import { databaseOf } from '../database.ts';
import { databaseError } from '../database-error.ts';
import { oneStatement, type Parameter } from '../one-statement.ts';
import { rowsOf } from '../rows.ts';
import { databaseSettings } from '../settings.ts';
import { typeNames } from '../type-names.ts';

interface QueryInput {
  readonly query: string;
  readonly limit?: number;
  readonly params?: readonly Parameter[];
}

const DEFAULT_LIMIT = 100;
const DECLARE = 'DECLARE capstan_rows NO SCROLL CURSOR FOR ';

/**
 * A cursor takes nothing but a query that reads, by the server's own parser, and the transaction is read-only as well.
 * What is not fetched is never sent.
 */
export const databaseQuery: ToolFactory<QueryInput> = defineTool(({ connection, config }) => {
  const database = databaseOf(connection.id, databaseSettings(config));
  return ({ query, limit = DEFAULT_LIMIT, params = [] }, context) =>
    database.transaction('READ ONLY', context, async (client) => {
      await client.query(oneStatement(`${DECLARE}${withoutEnd(query)}`, params)).catch((cause: unknown) => {
        throw refusedQuery(cause);
      });
      const page = oneStatement(`FETCH FORWARD ${Math.trunc(limit) + 1} FROM capstan_rows`, []);
      const fetched = await client.query<JsonValue[]>(page);
      await client.query('CLOSE capstan_rows');
      const truncated = fetched.rows.length > limit;
      const types = await typeNames(client, fetched.fields);
      const { data, columns } = rowsOf({ ...fetched, rows: fetched.rows.slice(0, limit) }, types);
      return { data, count: data.length, query, columns, truncated };
    });
});

/** People end a query with a semicolon; one in the middle stays, and the server refuses it. */
function withoutEnd(query: string): string {
  return query.replace(/[\s;]+$/, '');
}

/** By SQLSTATE: what the parser says of a statement that is no query, and of one that would change something. */
const NO_QUERY: ReadonlySet<string> = new Set(['42601', '0A000']);

/** The agent knows its own SQL, and nothing of the cursor. */
function refusedQuery(cause: unknown): unknown {
  if (!(cause instanceof DatabaseError)) return cause;
  const { code, message, details, hint } = databaseError(cause);
  const position = Number(details.position) - DECLARE.length;
  return new CapstanError(NO_QUERY.has(cause.code ?? '') ? 'CAPSTAN_INVALID_ARGUMENTS' : code, message, {
    cause,
    hint: NO_QUERY.has(cause.code ?? '')
      ? 'This tool takes one query that reads: SELECT, VALUES or WITH … SELECT. Correct it at details.position, or use database_execute to change something.'
      : hint,
    details: { ...details, ...(position > 0 ? { position } : {}) },
  });
}
