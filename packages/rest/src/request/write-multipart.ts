import { createHash } from 'node:crypto';
import type { JsonValue } from '@capstan/sdk';
import type { BodyPart } from '../backend/http-backend.ts';
import { isObject } from '../json-object.ts';
import { fillValue, type Scope, sourceOf, textOf } from '../template/value-template.ts';
import { argumentError } from './call-scope.ts';

/** A multipart body (RFC 7578) and its content type. */
export interface WrittenMultipart {
  readonly body: Buffer;
  readonly contentType: string;
}

/** @param seed Unknown to whoever chose the values, so that no value can hold the boundary. */
export function writeMultipart(parts: readonly BodyPart[], scope: Scope, seed: string): WrittenMultipart | undefined {
  const pieces = parts.flatMap((part) => writePart(part, scope));
  if (pieces.length === 0) return undefined;
  const boundary = `capstan-${createHash('sha256').update(seed).digest('hex').slice(0, 40)}`;
  const framed = pieces.flatMap(({ head, content }) => [
    Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ]);
  return {
    body: Buffer.concat([...framed, Buffer.from(`--${boundary}--\r\n`)]),
    contentType: `multipart/form-data; boundary=${boundary}`,
  };
}

interface Piece {
  readonly head: string;
  readonly content: Buffer;
}

function writePart(part: BodyPart, scope: Scope): readonly Piece[] {
  const value = fillValue(part.value, scope) ?? part.fallback;
  if (value === undefined || value === null) return [];
  const filename = part.filename === undefined ? undefined : fillValue(part.filename, scope);
  const items: readonly JsonValue[] = Array.isArray(value) && !value.some(isObject) ? value : [value];
  return items.map((item) => ({
    head: headOf(part, item, filename === undefined || filename === null ? undefined : textOf(filename)),
    content: part.encoding === 'base64' ? bytesOf(sourceOf(part.value, part.name), item) : Buffer.from(textOf(item)),
  }));
}

function headOf({ name, contentType, encoding }: BodyPart, item: JsonValue, filename: string | undefined): string {
  const isFile = encoding === 'base64';
  const shownName = filename ?? (isFile ? name : undefined);
  const disposition = `Content-Disposition: form-data; name="${quoted(name)}"`;
  const type = contentType ?? (isFile ? 'application/octet-stream' : jsonType(item));
  return [
    shownName === undefined ? disposition : `${disposition}; filename="${quoted(shownName)}"`,
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
  ].join('\r\n');
}

function jsonType(item: JsonValue): string | undefined {
  return typeof item === 'object' && item !== null ? 'application/json' : undefined;
}

/** As browsers do it (HTML, "multipart/form-data encoding algorithm"): a name can end neither its quotes nor its line. */
function quoted(text: string): string {
  return text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** The bytes behind base64 text. @throws CapstanError `CAPSTAN_INVALID_ARGUMENTS` where it is none. */
export function bytesOf(name: string, value: JsonValue): Buffer {
  const text = typeof value === 'string' ? value.replaceAll(/\s/g, '') : '';
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text) || typeof value !== 'string') throw argumentError(name, 'is not base64');
  return Buffer.from(text, 'base64');
}
