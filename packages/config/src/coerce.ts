import type { JsonValue } from '@capstan/sdk';
import { allowedTypes, itemPlace, type SchemaPlace } from './schema-place.ts';

/** The outcome of reading a text as the type that a schema asks for. */
export type Coercion =
  | { readonly ok: true; readonly value: JsonValue }
  /** `expected` in words, for a message. */
  | { readonly ok: false; readonly expected: string };

type Reader = (text: string, place: SchemaPlace) => JsonValue | undefined;

const TRUE_WORDS: ReadonlySet<string> = new Set(['true', '1', 'yes', 'on']);
const FALSE_WORDS: ReadonlySet<string> = new Set(['false', '0', 'no', 'off']);
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** In the order of trying where a schema allows several types: almost any text is a list, and every text a string, so these come last. */
const READERS: ReadonlyMap<string, { readonly read: Reader; readonly expected: string }> = new Map([
  ['null', { read: (text) => (text === 'null' ? null : undefined), expected: 'null' }],
  ['integer', { read: readInteger, expected: 'an integer' }],
  ['number', { read: readNumber, expected: 'a number' }],
  ['boolean', { read: readBoolean, expected: 'a boolean (true or false)' }],
  ['object', { read: readObject, expected: 'a JSON object' }],
  ['array', { read: readList, expected: 'a list ("a,b" or a JSON array)' }],
  ['string', { read: (text) => text, expected: 'a string' }],
]);

/** Reads a text of the environment, or of a reference, as the schema's type. Without a type it stays text. */
export function coerce(text: string, place: SchemaPlace): Coercion {
  const types = allowedTypes(place);
  const readers = [...READERS].filter(([type]) => types.includes(type));
  if (readers.length === 0) return { ok: true, value: text };
  // "null" beside "string" is text: an environment cannot mean null there and say so.
  const tried = types.includes('string') ? readers.filter(([type]) => type !== 'null') : readers;
  for (const [, { read }] of tried) {
    const value = read(text, place);
    if (value !== undefined) return { ok: true, value };
  }
  return { ok: false, expected: tried.map(([, { expected }]) => expected).join(' or ') };
}

function readInteger(text: string): number | undefined {
  const value = readNumber(text);
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

function readNumber(text: string): number | undefined {
  const trimmed = text.trim();
  const value = Number(trimmed);
  return DECIMAL.test(trimmed) && Number.isFinite(value) ? value : undefined;
}

function readBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (TRUE_WORDS.has(word)) return true;
  return FALSE_WORDS.has(word) ? false : undefined;
}

function readList(text: string, place: SchemaPlace): JsonValue | undefined {
  if (text.trimStart().startsWith('[')) {
    const parsed = parseJson(text);
    return Array.isArray(parsed) ? parsed : undefined;
  }
  const items: JsonValue[] = [];
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue;
    const coerced = coerce(item, itemPlace(place, items.length));
    if (!coerced.ok) return undefined;
    items.push(coerced.value);
  }
  return items;
}

function readObject(text: string): JsonValue | undefined {
  const parsed = parseJson(text);
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the caller says what was expected. The parser's own message would quote the text.
    return undefined;
  }
}
