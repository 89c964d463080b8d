import type { JsonObject, JsonValue } from '@capstan/sdk';
import { isObject } from './message.ts';

/** The headers that revision 2026-07-28 wants beside a request's body (SEP-2243). */
export function standardHeaders(method: string, params: JsonObject, version: string): readonly string[] {
  const name = method === 'resources/read' ? params.uri : method.startsWith('tasks/') ? params.taskId : params.name;
  const own = ['mcp-protocol-version', version, 'mcp-method', method];
  return typeof name === 'string' ? [...own, 'mcp-name', encodeValue(name)] : own;
}

/** The headers by which a call repeats those arguments that the tool's schema marks with `x-mcp-header`. */
export function parameterHeaders(inputSchema: unknown, args: JsonValue | undefined): readonly string[] {
  return markedParameters(inputSchema, args).flatMap(({ header, text }) =>
    text === undefined ? [] : [header, encodeValue(text)],
  );
}

/** A parameter that a schema marks with `x-mcp-header`. */
export interface MarkedParameter {
  /** In lower case. */
  readonly header: string;
  /** The argument, where there is one that a header can carry. */
  readonly text: string | undefined;
}

/** Those of a tool, with the arguments of one call. */
export function markedParameters(inputSchema: unknown, args: JsonValue | undefined): readonly MarkedParameter[] {
  if (!isObject(inputSchema) || !isObject(inputSchema.properties)) return [];
  return Object.entries(inputSchema.properties).flatMap(([key, schema]) => {
    if (!isObject(schema)) return [];
    const name = schema['x-mcp-header'];
    const value = isObject(args) ? args[key] : undefined;
    if (typeof name !== 'string') return markedParameters(schema, value);
    return [{ header: `mcp-param-${name.toLowerCase()}`, text: primitiveText(value) }];
  });
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_TYPES: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean']);

/** Whether the marks of a schema can be followed: names that HTTP allows, each once, of values that a header can carry. */
export function hasUsableMarks(inputSchema: unknown): boolean {
  const names = marksIn(inputSchema);
  if (names === undefined) return false;
  return new Set(names.map((name) => name.toLowerCase())).size === names.length;
}

/** The names that a schema marks; undefined where one cannot be used. */
function marksIn(schema: unknown): readonly string[] | undefined {
  const properties = isObject(schema as JsonValue) ? (schema as JsonObject).properties : undefined;
  if (!isObject(properties)) return [];
  const names: string[] = [];
  for (const property of Object.values(properties)) {
    if (!isObject(property)) continue;
    if ('x-mcp-header' in property) {
      const name = property['x-mcp-header'];
      if (typeof name !== 'string' || !HEADER_NAME.test(name) || !HEADER_TYPES.has(property.type)) return undefined;
      names.push(name);
      continue;
    }
    const inner = marksIn(property);
    if (inner === undefined) return undefined;
    names.push(...inner);
  }
  return names;
}

/** What a header says; undefined for a base64 form that is none. */
export function decodeHeaderValue(value: string): string | undefined {
  const encoded = BASE64_FORM.exec(value)?.[1];
  if (encoded === undefined) return value;
  return BASE64.test(encoded) ? Buffer.from(encoded, 'base64').toString('utf8') : undefined;
}

const BASE64_FORM = /^=\?base64\?(.*)\?=$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function primitiveText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number'
    ? String(value)
    : undefined;
}

/** Plain where a header can carry it, else in the base64 form that the revision defines. */
function encodeValue(value: string): string {
  const isPlain = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !/^=\?base64\?.*\?=$/.test(value);
  return isPlain ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;
}
