import type { JsonSchema, JsonValue } from '@capstan/sdk';
import { cell, code, table } from './markdown.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The top-level properties of an object's schema, in a table; empty where it has none. */
export function schemaTable(schema: JsonSchema): string {
  const { properties, required } = fieldsOf(schema);
  const needed = Array.isArray(required) ? required : [];
  const rows = Object.entries(fieldsOf(properties)).map(([name, property]) => {
    const fields = fieldsOf(property);
    return [
      code(name) + (needed.includes(name) ? ' (required)' : ''),
      typeOf(fields),
      cell(textOf(fields.description)),
      fields.default === undefined ? '' : code(JSON.stringify(fields.default)),
    ];
  });
  return rows.length === 0 ? '' : table(['name', 'type', 'meaning', 'default'], rows);
}

function typeOf(schema: Fields): string {
  const { type, enum: values, items } = schema;
  if (Array.isArray(values)) return values.map((value: JsonValue) => code(JSON.stringify(value))).join(' or ');
  if (type === 'array') return `array of ${typeOf(fieldsOf(items)) || 'anything'}`;
  if (Array.isArray(type)) return type.join(' or ');
  return textOf(type) + rangeOf(schema);
}

function rangeOf({ minimum, maximum }: Fields): string {
  if (typeof minimum === 'number' && typeof maximum === 'number') return `, ${minimum} to ${maximum}`;
  if (typeof minimum === 'number') return `, at least ${minimum}`;
  return typeof maximum === 'number' ? `, at most ${maximum}` : '';
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
