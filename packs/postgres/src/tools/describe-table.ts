import { CapstanError, defineTool, type JsonObject, type ToolFactory } from '@capstan/sdk';
import type { PoolClient } from 'pg';
import { databaseOf } from '../database.ts';
import { databaseSettings } from '../settings.ts';

interface DescribeTableInput {
  readonly table: string;
  readonly schema?: string;
}

const DEFAULT_SCHEMA = 'public';

const TABLE = `
  SELECT c.oid::bigint AS oid, n.nspname AS schema, c.relname AS name, obj_description(c.oid, 'pg_class') AS comment
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
    AND has_schema_privilege(n.oid, 'USAGE')
    AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))`;

const COLUMNS = `
  SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
    pg_get_expr(d.adbin, d.adrelid) AS default, col_description(a.attrelid, a.attnum) AS comment
  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;

const PRIMARY_KEY = `
  SELECT a.attname AS name FROM pg_index i
  JOIN unnest(i.indkey) WITH ORDINALITY AS k(attnum, place) ON true
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
  WHERE i.indrelid = $1 AND i.indisprimary ORDER BY k.place`;

const FOREIGN_KEYS = `
  SELECT conname AS name, pg_get_constraintdef(oid) AS definition
  FROM pg_constraint WHERE conrelid = $1 AND contype = 'f' ORDER BY conname`;

const INDEXES = `
  SELECT c.relname AS name, pg_get_indexdef(c.oid) AS definition
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = $1 ORDER BY c.relname`;

/** Columns, keys and indexes of a table that the role may read. */
export const describeTable: ToolFactory<DescribeTableInput> = defineTool(({ connection, config }) => {
  const database = databaseOf(connection.id, databaseSettings(config));
  return ({ table, schema = DEFAULT_SCHEMA }, context) =>
    database.transaction('READ ONLY', context, async (client) => {
      const { oid, ...found } = await findTable(client, schema, table);
      const about = async (text: string): Promise<JsonObject[]> => (await client.query<JsonObject>(text, [oid])).rows;
      const columns = await about(COLUMNS);
      const primaryKey = (await about(PRIMARY_KEY)).map(({ name }) => name ?? null);
      const foreignKeys = await about(FOREIGN_KEYS);
      const indexes = await about(INDEXES);
      return { ...found, columns, primary_key: primaryKey, foreign_keys: foreignKeys, indexes };
    });
});

async function findTable(client: PoolClient, schema: string, table: string): Promise<JsonObject> {
  const { rows } = await client.query<JsonObject>(TABLE, [schema, table]);
  if (rows[0]) return rows[0];
  throw new CapstanError(
    'CAPSTAN_INVALID_ARGUMENTS',
    `no table ${JSON.stringify(table)} in schema ${JSON.stringify(schema)}`,
    {
      hint: 'Look for it with list_tables; its schema may be another one.',
    },
  );
}
