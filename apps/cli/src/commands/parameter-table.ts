import type { JsonSchema } from '@capstan/sdk';
import { jsonText, type Printer } from '../output/printer.ts';
import { formatTable } from '../output/table.ts';
import { itemSchema, typesOf } from '../tool-arguments/schema-types.ts';

interface Parameter {
  readonly name: string;
  readonly required: boolean;
  readonly type: string;
  readonly about: string;
}

/** The top-level parameters of an input schema, one a line. `-o json` has the whole schema. */
export function parameterTable(schema: JsonSchema, printer: Printer): string {
  const parameters = parametersOf(schema);
  if (parameters.length === 0) return '  none declared';
  const { paint, width } = printer;
  return formatTable(
    parameters,
    [
      { title: 'NAME', cell: ({ name }) => name, paint: (text) => paint.strong(text) },
      { title: 'TYPE', cell: ({ type }) => type },
      { title: 'REQUIRED', cell: ({ required }) => (required ? 'yes' : '') },
      { title: 'ABOUT', cell: ({ about }) => about, flexible: true },
    ],
    { paint, ...(width === undefined ? {} : { width }) },
  );
}

function parametersOf(schema: JsonSchema): readonly Parameter[] {
  if (typeof schema === 'boolean') return [];
  const properties = record(schema.properties);
  const required = new Set<unknown>(Array.isArray(schema.required) ? schema.required : []);
  return Object.entries(properties)
    .map(([name, property]) => ({
      name,
      required: required.has(name),
      type: typeText(schema, asSchema(property)),
      about: aboutText(record(property)),
    }))
    .sort((a, b) => Number(b.required) - Number(a.required));
}

function typeText(root: JsonSchema, schema: JsonSchema): string {
  const types = typesOf(root, schema).map((type) => {
    const items = type === 'array' ? typesOf(root, itemSchema(root, schema)) : [];
    return items.length === 0 ? type : `list of ${items.join(' or ')}`;
  });
  return types.length === 0 ? 'any' : types.join(' or ');
}

function aboutText(property: Readonly<Record<string, unknown>>): string {
  const { description, default: byDefault, enum: values } = property;
  return [
    typeof description === 'string' ? description : '',
    Array.isArray(values) ? `one of ${values.map((value) => jsonText(value)).join(', ')}` : '',
    byDefault === undefined ? '' : `default ${jsonText(byDefault)}`,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function asSchema(value: unknown): JsonSchema {
  return typeof value === 'boolean' ? value : record(value);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
