import { defineTool, type JsonValue, type ToolFactory } from '@capstan/sdk';
import { databaseOf } from '../database.ts';
import { oneStatement, type Parameter } from '../one-statement.ts';
import { rowsOf } from '../rows.ts';
import { databaseSettings } from '../settings.ts';

interface ExecuteInput {
  readonly statement: string;
  readonly params?: readonly Parameter[];
  readonly limit?: number;
}

const DEFAULT_LIMIT = 100;

/** One statement, whatever it is, in a transaction of its own. */
export const databaseExecute: ToolFactory<ExecuteInput> = defineTool(({ connection, config }) => {
  const database = databaseOf(connection.id, databaseSettings(config));
  return ({ statement, params = [], limit = DEFAULT_LIMIT }, context) =>
    database.transaction('READ WRITE', context, async (client) => {
      const done = await client.query<JsonValue[]>(oneStatement(statement, params));
      return {
        command: done.command,
        affected: done.rowCount,
        data: rowsOf({ ...done, rows: done.rows.slice(0, limit) }, new Map()).data,
        truncated: done.rows.length > limit,
      };
    });
});
