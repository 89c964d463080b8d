import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { QueryArrayResult } from 'pg';

/** What a query gave, in JSON's terms. */
export interface Rows {
  readonly data: readonly JsonObject[];
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** Rows by column name. Columns of one name (`SELECT 1 AS a, 2 AS a`) keep apart: `a`, `a_2`. */
export function rowsOf({ rows, fields }: QueryArrayResult<JsonValue[]>, typeNames: ReadonlyMap<number, string>): Rows {
  const names = uniqueNames(fields.map(({ name }) => name));
  return {
    data: rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? null]))),
    columns: fields.map(({ dataTypeID }, index) => ({
      name: names[index] ?? '',
      type: typeNames.get(dataTypeID) ?? String(dataTypeID),
    })),
  };
}

function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let number = 2; taken.has(unique); number += 1) unique = `${name}_${number}`;
    taken.add(unique);
    return unique;
  });
}
