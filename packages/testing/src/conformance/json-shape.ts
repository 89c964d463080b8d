import type { JsonObject, JsonValue } from '@capstan/sdk';

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isSuccessEnvelope(value: JsonValue | undefined): value is JsonObject {
  return isObject(value) && value.success === true;
}

/** An envelope of an error: whether its code and message are good is another matter. */
export function isErrorEnvelope(value: JsonValue | undefined): value is JsonObject & { readonly error: JsonObject } {
  return isObject(value) && value.success === false && isObject(value.error);
}

export function isJsonType(contentType: string | undefined): boolean {
  return /^application\/json\s*(?:;|$)/i.test(contentType ?? '');
}

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

/** RFC 3339: a date and a time with their zone. */
export function isTimestamp(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && TIMESTAMP.test(value) && !Number.isNaN(Date.parse(value));
}

/** Two results say the same, in whatever order their keys stand. */
export function isSameJson(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  return JSON.stringify(left, sortKeys) === JSON.stringify(right, sortKeys);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
