import type { JsonSchema, JsonValue } from '@capstan/sdk';
import { itemSchema, type JsonType, typesOf } from './schema-types.ts';

/** What became of a text that was to be a value. */
export type Coercion =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly wanted: readonly JsonType[] };

/**
 * Reads the text of an argument as the first of its schema's types that it fits, in the schema's order.
 * Where the schema names no type, text stays text. A list is JSON, or its items with commas between.
 */
export function coerceArgument(text: string, root: JsonSchema, schema: JsonSchema | undefined): Coercion {
  const types = typesOf(root, schema);
  if (types.length === 0) return { ok: true, value: text };
  for (const type of types) {
    const value = READERS[type](text, root, schema);
    if (value !== undefined) return { ok: true, value };
  }
  return { ok: false, wanted: types };
}

type Reader = (text: string, root: JsonSchema, schema: JsonSchema | undefined) => JsonValue | undefined;

const READERS: Readonly<Record<JsonType, Reader>> = {
  string: (text) => text,
  number: readNumber,
  integer: (text) => {
    const value = readNumber(text);
    return Number.isInteger(value) ? value : undefined;
  },
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  null: (text) => (text === 'null' ? null : undefined),
  object: (text) => {
    const value = readJson(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  },
  array: (text, root, schema) => {
    if (text.trimStart().startsWith('[')) {
      const value = readJson(text);
      return Array.isArray(value) ? value : undefined;
    }
    return readItems(text === '' ? [] : text.split(','), root, schema);
  },
};

function readItems(
  parts: readonly string[],
  root: JsonSchema,
  schema: JsonSchema | undefined,
): JsonValue[] | undefined {
  const values: JsonValue[] = [];
  for (const part of parts) {
    const item = coerceArgument(part.trim(), root, itemSchema(root, schema));
    if (!item.ok) return undefined;
    values.push(item.value);
  }
  return values;
}

/** A number as JSON writes it (RFC 8259), and no larger than it can be kept exactly. */
function readNumber(text: string): number | undefined {
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/u.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)) ? value : undefined;
}

function readJson(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    // Not JSON is an answer, not a failure: the caller names what it wanted.
    return undefined;
  }
}
