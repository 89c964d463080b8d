import { createHmac } from 'node:crypto';
import { createSecret, MASK } from '@capstan/schema';
import type { JsonObject, JsonValue, Secret } from '@capstan/sdk';
import { coerce } from './coerce.ts';
import { MAX_DEPTH, type TextMeaning } from './contribution.ts';
import { isJsonArray, isJsonObject } from './json-shape.ts';
import { describeReference } from './reference.ts';
import { itemPlace, mayHoldSecret, propertyPlace, type SchemaPlace } from './schema-place.ts';

/** A config value as pack code gets it: secrets are opaque wherever they stand. */
export type SealedValue =
  | JsonValue
  | Secret
  | readonly SealedValue[]
  | { readonly [key: string]: SealedValue | undefined };

/** Shows a secret: the mask, and a fingerprint by which two people can tell whether they mean the same one. */
export type Masker = (value: string) => string;

const FINGERPRINT_DIGITS = 4;

/** The masker of a process; without a key the mask stands alone. */
export function createMasker(key: Uint8Array | undefined): Masker {
  if (key === undefined) return () => MASK;
  return (value) => `${MASK} (${createHmac('sha256', key).update(value).digest('hex').slice(0, FINGERPRINT_DIGITS)})`;
}

/** A value as pack code gets it, and as a person may see it: made together. */
export interface RenderedValue {
  readonly sealed: SealedValue;
  readonly shown: JsonValue;
}

/** Seals and shows a value by what the schema calls secret. What is inside a secret is secret; names of properties never are. */
export function renderValue(value: JsonValue, place: SchemaPlace, mask: Masker): RenderedValue {
  if (isJsonObject(value)) {
    return joinRendered(
      definedEntries(value).map(([key, member]) => [key, renderValue(member, propertyPlace(place, key), mask)]),
    );
  }
  if (!isJsonArray(value)) return renderScalar(value, place, mask);
  const items = value.map((item, index) => renderValue(item, itemPlace(place, index), mask));
  return { sealed: items.map(({ sealed }) => sealed), shown: items.map(({ shown }) => shown) };
}

/** An object from the renderings of its members. */
export function joinRendered(members: readonly (readonly [string, RenderedValue])[]): RenderedValue {
  return {
    sealed: Object.fromEntries(members.map(([key, { sealed }]) => [key, sealed])),
    shown: Object.fromEntries(members.map(([key, { shown }]) => [key, shown])),
  };
}

/** What a person may see of a value that was not used: its references as written, its literal secrets masked. Nothing is resolved. */
export function showUnused(value: JsonValue, place: SchemaPlace, meaning: TextMeaning, mask: Masker): JsonValue {
  return showAt(value, place, { meaning, mask }, 0);
}

interface Showing {
  readonly meaning: TextMeaning;
  readonly mask: Masker;
}

function showAt(value: JsonValue, place: SchemaPlace, showing: Showing, depth: number): JsonValue {
  if (depth > MAX_DEPTH) return '…';
  if (typeof value === 'string') return showText(value, place, showing);
  if (isJsonArray(value)) {
    return value.map((item, index) => showAt(item, itemPlace(place, index), showing, depth + 1));
  }
  if (!isJsonObject(value)) return renderScalar(value, place, showing.mask).shown;
  return Object.fromEntries(
    definedEntries(value).map(([key, member]) => [key, showAt(member, propertyPlace(place, key), showing, depth + 1)]),
  );
}

function showText(text: string, place: SchemaPlace, { meaning, mask }: Showing): JsonValue {
  if (meaning.kind === 'references') {
    const reference = describeReference(text, mayHoldSecret(place));
    if (reference !== undefined) return reference;
  }
  if (meaning.kind === 'environment') {
    const coercion = coerce(text, place);
    if (coercion.ok) return showAt(coercion.value, place, { meaning: { kind: 'plain' }, mask }, 0);
  }
  return renderScalar(text, place, mask).shown;
}

/** A scalar where an object with secrets belongs may be such an object, unread, or one of them, misplaced: it is secret. */
function renderScalar(value: string | number | boolean | null, place: SchemaPlace, mask: Masker): RenderedValue {
  if (value === null || !mayHoldSecret(place)) return { sealed: value, shown: value };
  const text = String(value);
  return { sealed: createSecret(text), shown: mask(text) };
}

function definedEntries(value: JsonObject): readonly [string, JsonValue][] {
  return Object.entries(value).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
}
