import { createHash } from 'node:crypto';
import type { JsonValue } from '@capstan/sdk';
import { isJsonObject } from './json.ts';

/** SHA-256 of a JSON value in hex, whatever the order of its keys. */
export function digestOf(value: JsonValue): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

function canonical(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).flatMap(([key, member]) =>
    member === undefined ? [] : [`${JSON.stringify(key)}:${canonical(member)}`],
  );
  return `{${members.sort().join(',')}}`;
}
