import { defineTool, type JsonObject, type ToolFactory } from '@capstan/sdk';
import { databaseOf } from '../database.ts';
import { databaseSettings } from '../settings.ts';

interface ListTablesInput {
  readonly schema?: string;
  readonly search?: string;
  readonly limit?: number;
}

const DEFAULT_LIMIT = 200;

const TABLES = `
  SELECT n.nspname AS schema, c.relname AS name,
    CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view'
      WHEN 'f' THEN 'foreign_table' ELSE 'partitioned_table' END AS kind,
    CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS estimated_rows,
    obj_description(c.oid, 'pg_class') AS comment
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p')
    AND (n.nspname = $1 OR ($1::text IS NULL AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'))
    AND ($2::text IS NULL OR strpos(lower(c.relname), lower($2)) > 0)
    AND has_schema_privilege(n.oid, 'USAGE')
    AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
  ORDER BY 1, 2 LIMIT $3`;

/** What the role may read. */
export const listTables: ToolFactory<ListTablesInput> = defineTool(({ connection, config }) => {
  const database = databaseOf(connection.id, databaseSettings(config));
  return ({ schema, search, limit = DEFAULT_LIMIT }, context) =>
    database.transaction('READ ONLY', context, async (client) => {
      const { rows } = await client.query<JsonObject>(TABLES, [schema ?? null, search ?? null, limit + 1]);
      const tables = rows.slice(0, limit);
      return { tables, count: tables.length, truncated: rows.length > limit };
    });
});
