import { isDeepStrictEqual } from 'node:util';
import type { JsonObject, JsonValue } from '@capstan/sdk';
import { isMapping, itemsOf, type JsonNode, textOf } from '../settings/json-node.ts';

/** Where something stands in a settings file; an entry of a list goes by its id or name. */
export type SettingPath = readonly string[];

/** One difference between two settings files. `undefined`: it is not there. */
export interface SettingDifference {
  readonly path: SettingPath;
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
}

/** In what one document is not as another: entries of lists by what they are called, words of lists one by one. */
export function differencesOf(before: JsonObject, after: JsonObject): readonly SettingDifference[] {
  return compare([], before, after);
}

function compare(
  path: SettingPath,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): readonly SettingDifference[] {
  if (isDeepStrictEqual(before, after)) return [];
  const [left, right] = [membersOf(path, before), membersOf(path, after)];
  if (left === undefined || right === undefined) return [{ path, before, after }];
  // In the order of the new document; what is gone comes last.
  const names = new Set([...right.keys(), ...left.keys()]);
  return [...names].flatMap((name) => compare([...path, name], left.get(name), right.get(name)));
}

/** What is compared by name: an object, a list of entries with ids or names, a list of words. */
function membersOf(
  path: SettingPath,
  value: JsonValue | undefined,
): ReadonlyMap<string, JsonValue | undefined> | undefined {
  if (isMapping(value)) return new Map(Object.entries(value)) as ReadonlyMap<string, JsonValue | undefined>;
  const key = ENTRY_KEYS[path.at(-1) ?? ''];
  const items = itemsOf(value) as readonly JsonValue[];
  // A list that is not there is an empty one: its entries are what was added.
  if (value !== undefined && !Array.isArray(value)) return undefined;
  if (key !== undefined) return new Map(items.map((item, index) => [nameOf(item, key) ?? String(index), item]));
  const areWords = items.length > 0 && items.every((item) => typeof item === 'string');
  return areWords && WORD_LISTS.has(path.at(-1) ?? '') ? new Map(items.map((item) => [String(item), item])) : undefined;
}

/** Lists whose entries have a name of their own. */
const ENTRY_KEYS: Readonly<Record<string, string>> = Object.freeze({ connections: 'id', keys: 'name' });

/** Lists whose order means nothing. */
const WORD_LISTS: ReadonlySet<string> = new Set(['packs', 'environment', 'egress', 'variables', 'files', 'discover']);

function nameOf(item: JsonNode, key: string): string | undefined {
  return textOf(item, key);
}
