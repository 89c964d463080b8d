import type { JsonObject, JsonValue } from '@capstan/sdk';
import { isMapping } from '../settings/json-node.ts';

/** A document after a JSON Merge Patch (RFC 7396): objects merge, `null` takes away, everything else replaces. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const result = new Map<string, JsonValue | undefined>(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) result.delete(key);
    else result.set(key, isObject(value) ? mergePatch(objectOr(result.get(key)), value) : value);
  }
  return Object.fromEntries(result);
}

function objectOr(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return isMapping(value);
}
