import type { JsonObject, JsonValue } from '@capstan/sdk';

/** Members of a body that its schema has checked. A member of another type reads as absent. */
export function textIn(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === 'string' ? value : undefined;
}

export function numberIn(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  return typeof value === 'number' ? value : undefined;
}

export function objectIn(object: JsonObject, key: string): JsonObject | undefined {
  const value = object[key];
  return isJsonObject(value) ? value : undefined;
}

export function objectsIn(object: JsonObject, key: string): readonly JsonObject[] | undefined {
  const value = object[key];
  return Array.isArray(value) ? value.filter(isJsonObject) : undefined;
}

export function textsIn(object: JsonObject, key: string): readonly string[] | undefined {
  const value = object[key];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
}

function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
