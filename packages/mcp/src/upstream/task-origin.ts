import type { JsonObject } from '@capstan/sdk';

const origins = new WeakMap<JsonObject, object>();

/** Remembers which server a created task is of: its answer alone does not say. */
export function rememberTaskOrigin(created: JsonObject, upstream: object): void {
  origins.set(created, upstream);
}

/** What {@link rememberTaskOrigin} was told. */
export function taskOriginOf(created: JsonObject): object | undefined {
  return origins.get(created);
}
