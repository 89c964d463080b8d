import type { JsonValue } from '@capstan/sdk';
import { isJsonObject } from './json.ts';

/** The JSON types that a schema allows at its top, or undefined where it does not say so plainly. `number` includes `integer`. */
export function typesOfSchema(schema: JsonValue | undefined): ReadonlySet<string> | undefined {
  if (!isJsonObject(schema)) return undefined;
  const { type } = schema;
  const types = Array.isArray(type) ? type.map(String) : typeof type === 'string' ? [type] : undefined;
  if (types === undefined) return undefined;
  return new Set(
    types.includes('number') ? [...types, 'integer'] : types.includes('integer') ? [...types, 'number'] : types,
  );
}

/** The types of a value that is written out; undefined for one whose texts hold expressions. */
export function typesOfLiteral(value: JsonValue): readonly string[] | undefined {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  if (typeof value === 'number') return Number.isInteger(value) ? ['integer'] : ['number'];
  return [typeof value];
}
