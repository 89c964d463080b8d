import type { JsonObject } from '@capstan/sdk';
import { isObject } from '../json-object.ts';

/** A text of an entry that is not empty. */
export function textIn(entry: JsonObject, key: string): string | undefined {
  const value = Object.hasOwn(entry, key) ? entry[key] : undefined;
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** An object of an entry; an empty one where there is none. */
export function objectIn(entry: JsonObject, key: string): JsonObject {
  const value = Object.hasOwn(entry, key) ? entry[key] : undefined;
  return isObject(value) ? value : {};
}

/** The texts of a list of an entry. */
export function textsIn(entry: JsonObject, key: string): readonly string[] {
  const value = Object.hasOwn(entry, key) ? entry[key] : undefined;
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string' && each !== '') : [];
}

/** Whether an entry says yes to something. */
export function flagIn(entry: JsonObject, key: string): boolean {
  return Object.hasOwn(entry, key) && Boolean(entry[key]);
}

/** A number of an entry that is more than nothing. */
export function numberIn(entry: JsonObject, key: string): number | undefined {
  const value = Object.hasOwn(entry, key) ? entry[key] : undefined;
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}
