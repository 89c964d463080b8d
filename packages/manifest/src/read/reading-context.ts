import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { PackFiles } from '../pack-files.ts';
import { type Fields, isFields } from '../record.ts';
import type { Report } from '../report.ts';

/** What the parts of a manifest are read with. */
export interface ReadingContext {
  readonly report: Report;
  readonly files: PackFiles;
  /** Check examples and defaults against their schemas. */
  readonly thorough: boolean;
  /** The pack code, for messages and for module names that start with it. */
  readonly code: string;
  /** The keys of the pack's settings. */
  readonly settings: ReadonlySet<string>;
}

/** Whether a value of a document is an object of JSON. Documents hold nothing else than JSON. */
export function isJsonObject(value: unknown): value is JsonObject {
  return isFields(value);
}

/** Whether a value of a document is JSON, as all of them are that are there. */
export function isJson(value: unknown): value is JsonValue {
  return value !== undefined;
}

/** The JSON object at a key; empty where there is none. */
export function jsonAt(fields: Fields, key: string): JsonObject {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  return isJsonObject(value) ? value : {};
}

/** Members that have a value: `exactOptionalPropertyTypes` tells an absent key from an undefined one. */
export function present<Value extends object>(value: Value): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  const kept: { [Key in keyof Value]?: Exclude<Value[Key], undefined> } = {};
  for (const key in value) {
    const member = value[key];
    if (isPresent(member)) kept[key] = member;
  }
  return kept;
}

function isPresent<Member>(member: Member): member is Exclude<Member, undefined> {
  return member !== undefined;
}
