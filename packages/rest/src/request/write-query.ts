import type { JsonValue } from '@capstan/sdk';
import type { QueryParameter } from '../backend/http-backend.ts';
import { isObject } from '../json-object.ts';
import { percentEncode } from '../template/percent-encode.ts';
import type { Segment } from '../template/text-template.ts';
import { fillText, fillValue, type Scope, textOf } from '../template/value-template.ts';
import { argumentError } from './call-scope.ts';

/** A name and a value, both as they go on the wire. */
export type QueryPair = readonly [name: string, value: string];

/** How the values of one parameter are written. */
export type QueryWriting = Pick<QueryParameter, 'style' | 'explode' | 'allowReserved'>;

/** How an argument is written that nothing in the backend names. */
export const PLAIN_WRITING: QueryWriting = { style: 'auto', explode: true, allowReserved: false };

/** The pairs that stand in the URL itself. One with an argument that is not given is left out. */
export function writeFixedQuery(pairs: readonly (readonly Segment[])[], scope: Scope): readonly string[] {
  return pairs.flatMap((segments) => {
    const text = fillText(segments, scope, (value, slot) => encoded(slotName(slot), textOf(value), percentEncode));
    return text === undefined ? [] : [text];
  });
}

/** The pairs of declared parameters. */
export function writeQuery(parameters: readonly QueryParameter[], scope: Scope): readonly QueryPair[] {
  return parameters.flatMap((parameter) => {
    const value = fillValue(parameter.value, scope) ?? parameter.fallback;
    const word = typeof value === 'string' ? parameter.words.get(value) : undefined;
    return writeParameter(parameter.name, word ?? value, parameter);
  });
}

/** The pairs of one parameter (OpenAPI 3.1, section 4.8.12.4): none where it has no value. */
export function writeParameter(
  name: string,
  value: JsonValue | undefined,
  { style, explode, allowReserved }: QueryWriting,
): readonly QueryPair[] {
  if (value === undefined || value === null) return [];
  const encode = (text: string): string => encoded(name, text, allowReserved ? encodeExceptReserved : percentEncode);
  const key = encode(name);
  if (style === 'json') return [[key, encode(JSON.stringify(value))]];
  if (style === 'deepObject') return deepPairs(name, value).map(([path, text]) => [encode(path), encode(text)]);
  if (Array.isArray(value)) return writeList(key, value, { style, explode, encode });
  if (isObject(value))
    return style === 'auto' ? [[key, encode(JSON.stringify(value))]] : writeRecord(key, value, explode, encode);
  return [[key, encode(textOf(value))]];
}

/** Pairs as a query or as a form. */
export function joinPairs(pairs: readonly QueryPair[]): string {
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

interface ListWriting {
  readonly style: QueryParameter['style'];
  readonly explode: boolean;
  readonly encode: (text: string) => string;
}

const SEPARATORS: Readonly<Record<string, string>> = { spaceDelimited: '%20', pipeDelimited: '%7C' };

function writeList(
  key: string,
  items: readonly JsonValue[],
  { style, explode, encode }: ListWriting,
): readonly QueryPair[] {
  const texts = items.filter((item) => item !== null).map((item) => encode(textOf(item)));
  if (texts.length === 0) return [];
  const separator = SEPARATORS[style];
  if (separator !== undefined || !explode) return [[key, texts.join(separator ?? ',')]];
  return texts.map((text) => [key, text]);
}

function writeRecord(
  key: string,
  record: Readonly<Record<string, JsonValue | undefined>>,
  explode: boolean,
  encode: (text: string) => string,
): readonly QueryPair[] {
  const pairs = Object.entries(record).flatMap(([name, member]): QueryPair[] =>
    member === undefined || member === null ? [] : [[encode(name), encode(textOf(member))]],
  );
  if (explode || pairs.length === 0) return pairs;
  return [[key, pairs.flat().join(',')]];
}

/** `filter[a][b]=c` and `list[0]=x`: what services with nested forms understand. */
function deepPairs(path: string, value: JsonValue | undefined): readonly QueryPair[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item: JsonValue, index) => deepPairs(`${path}[${index}]`, item));
  if (!isObject(value)) return [[path, textOf(value)]];
  return Object.entries(value).flatMap(([key, member]) => deepPairs(`${path}[${key}]`, member));
}

function encoded(name: string, text: string, encode: (text: string) => string): string {
  if (!text.isWellFormed()) throw argumentError(name, 'is no well-formed text');
  return encode(text);
}

/** RFC 3986, section 2.2, without what would end the value or the query: `&`, `=`, `#`, `+`. */
function encodeExceptReserved(text: string): string {
  return percentEncode(text).replaceAll(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/g, decodeURIComponent);
}

function slotName(slot: Segment): string {
  if (slot.kind === 'literal') return slot.text;
  return slot.kind === 'argument' ? slot.name : `config.${slot.key}`;
}
