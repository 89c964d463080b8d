import type { FieldDef, PoolClient } from 'pg';

/** The server's names of the types of some columns, by their oid. */
export async function typeNames(
  client: PoolClient,
  fields: readonly Pick<FieldDef, 'dataTypeID'>[],
): Promise<ReadonlyMap<number, string>> {
  const oids = [...new Set(fields.map(({ dataTypeID }) => dataTypeID))];
  if (oids.length === 0) return new Map();
  const { rows } = await client.query<{ oid: number; name: string }>(
    'SELECT oid, format_type(oid, NULL) AS name FROM unnest($1::oid[]) AS oid',
    [oids],
  );
  return new Map(rows.map(({ oid, name }) => [oid, name]));
}
