import type { JsonValue } from '@capstan/sdk';
import type { PathParameter } from '../backend/http-backend.ts';
import { isObject } from '../json-object.ts';
import { percentEncode } from '../template/percent-encode.ts';
import type { Segment } from '../template/text-template.ts';
import { isDotSegment } from '../template/url-template.ts';
import { fillValue, type Scope, textOf } from '../template/value-template.ts';
import { argumentError } from './call-scope.ts';

type Slot = Exclude<Segment, { kind: 'literal' }>;

/**
 * The path of a request. A value can neither leave its place nor end the path: everything but unreserved characters is
 * encoded, and values that a server might read as "up" or as "nothing here" are refused.
 * @throws CapstanError `CAPSTAN_INVALID_ARGUMENTS`.
 */
export function writePath(
  segments: readonly Segment[],
  parameters: ReadonlyMap<string, PathParameter>,
  scope: Scope,
): string {
  const written = segments.map((segment) =>
    segment.kind === 'literal' ? segment.text : writeSlot(segment, parameters.get(nameOf(segment)), scope),
  );
  const path = written.join('');
  // Two slots side by side may add up to what each of them may not be.
  if (path.split('/').some(isDotSegment)) throw argumentError(firstSlot(segments), 'makes a path that leads elsewhere');
  return path;
}

function writeSlot(slot: Slot, parameter: PathParameter | undefined, scope: Scope): string {
  const name = nameOf(slot);
  const value = slotValue(slot, parameter, scope);
  if (value === undefined || value === null || value === '') throw argumentError(name, 'is needed for the path');
  if (Array.isArray(value) && value.length === 0) throw argumentError(name, 'is needed for the path');
  const keepsSlashes = slot.kind === 'config' || (parameter?.segments ?? false);
  const encode = (text: string): string => encodePart(name, text, keepsSlashes);
  return parameter ? writeStyled(value, parameter, encode) : encode(textOf(value));
}

function slotValue(slot: Slot, parameter: PathParameter | undefined, scope: Scope): JsonValue | undefined {
  if (slot.kind === 'config') return scope.config(slot.key);
  return parameter ? (fillValue(parameter.value, scope) ?? parameter.fallback) : scope.argument(slot.name);
}

function nameOf(slot: Slot): string {
  return slot.kind === 'argument' ? slot.name : `config.${slot.key}`;
}

function firstSlot(segments: readonly Segment[]): string {
  const slot = segments.find((segment) => segment.kind !== 'literal');
  return slot === undefined ? 'path' : nameOf(slot);
}

/** Some servers decode `%2F` before they look for "..", so a value may not hold such a piece at all. */
function encodePart(name: string, text: string, keepsSlashes: boolean): string {
  if (text.split(/[/\\]/).some(isDotSegment))
    throw argumentError(name, 'may not hold "." or ".." as a piece of a path');
  if (!text.isWellFormed()) throw argumentError(name, 'is no well-formed text');
  if (!keepsSlashes) return percentEncode(text);
  const pieces = text.split('/');
  if (pieces.slice(1, -1).includes('')) throw argumentError(name, 'has an empty piece between two slashes');
  return pieces.map(percentEncode).join('/');
}

/** OpenAPI 3.1, section 4.8.12.4: styles of a path. */
function writeStyled(
  value: JsonValue,
  { name, style, explode }: PathParameter,
  encode: (text: string) => string,
): string {
  const items = itemsOf(value, explode ? '=' : ',', encode);
  switch (style) {
    case 'simple':
      return items.join(',');
    case 'label':
      return `.${items.join(explode ? '.' : ',')}`;
    case 'matrix': {
      const key = percentEncode(name);
      if (!explode) return `;${key}=${items.join(',')}`;
      return items.map((item) => (isObject(value) ? `;${item}` : `;${key}=${item}`)).join('');
    }
  }
}

function itemsOf(value: JsonValue, assign: string, encode: (text: string) => string): readonly string[] {
  if (Array.isArray(value)) return value.map((item: JsonValue) => encode(textOf(item)));
  if (!isObject(value)) return [encode(textOf(value))];
  return Object.entries(value).flatMap(([key, member]) =>
    member === undefined ? [] : [`${encode(key)}${assign}${encode(textOf(member))}`],
  );
}
