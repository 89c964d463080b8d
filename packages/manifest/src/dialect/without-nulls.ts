import type { DocumentPath } from '@capstan/schema';
import type { SchemaObject } from '../format/schema-parts.ts';
import { type Fields, isFields, member } from '../record.ts';
import type { Report } from '../report.ts';

/** Reads an empty key (`tools:` with nothing behind it) as an absent one, with a diagnostic. Keys that are not ours stay. */
export function withoutNulls(
  fields: Fields,
  place: { readonly path: DocumentPath; readonly schema: SchemaObject; readonly report: Report },
): Fields {
  const known = place.schema.properties;
  if (!isFields(known)) return fields;
  const empty = Object.keys(fields).filter((key) => member(fields, key) === null && isEmptyable(known, key));
  if (empty.length === 0) return fields;
  for (const key of empty) {
    const message = `'${key}' is empty and is read as absent`;
    const finding = { message, hint: 'Give it a value, or remove the key.', part: 'key' } as const;
    place.report.add('CAPSTAN_MANIFEST_NORMALISED_VALUE', [...place.path, key], finding);
  }
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !empty.includes(key)));
}

/** `default: null` of a setting says something. */
function isEmptyable(known: Fields, key: string): boolean {
  return Object.hasOwn(known, key) && key !== 'default' && key !== 'const';
}
