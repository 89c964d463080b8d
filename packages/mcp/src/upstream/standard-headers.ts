import type { JsonObject, JsonValue } from '@capstan/sdk';
import { isObject } from './message.ts';

/** The headers that revision 2026-07-28 wants beside a request's body (SEP-2243). */
export function standardHeaders(method: string, params: JsonObject, version: string): readonly string[] {
  const name = method === 'resources/read' ? params.uri : params.name;
  const own = ['mcp-protocol-version', version, 'mcp-method', method];
  return typeof name === 'string' ? [...own, 'mcp-name', encodeValue(name)] : own;
}

/** The headers by which a call repeats those arguments that the tool's schema marks with `x-mcp-header`. */
export function parameterHeaders(inputSchema: unknown, args: JsonValue | undefined): readonly string[] {
  if (!isObject(inputSchema) || !isObject(inputSchema.properties) || !isObject(args)) return [];
  return Object.entries(inputSchema.properties).flatMap(([key, schema]) => {
    if (!isObject(schema)) return [];
    const name = schema['x-mcp-header'];
    const text = primitiveText(args[key]);
    if (typeof name === 'string' && text !== undefined) return [`mcp-param-${name.toLowerCase()}`, encodeValue(text)];
    return parameterHeaders(schema, args[key]);
  });
}

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
