import type { JsonValue } from '@capstan/sdk';
import { coerce } from './coerce.ts';
import { isJsonArray, isJsonObject } from './json-shape.ts';
import { describeReference } from './reference.ts';
import { type ReferenceRights, type ReferenceWorld, readText } from './reference-reader.ts';
import { itemPlace, mayHoldSecret, propertyPlace, type SchemaPlace } from './schema-place.ts';
import { describeOrigin, describePath } from './source-text.ts';
import type { ConfigLayer, ConfigProblem, ConfigSource, ConfigTraceKey } from './types.ts';

/** How text of a layer is to be understood. */
export type TextMeaning =
  | { readonly kind: 'references'; readonly rights: ReferenceRights }
  /** A variable's value: coerced, and never looked into for references. */
  | { readonly kind: 'environment' }
  /** Already read: inside an object that came from a text. */
  | { readonly kind: 'plain'; readonly reference?: string };

/** What one layer says about one key. */
export interface Contribution {
  readonly layer: ConfigLayer;
  readonly raw: JsonValue;
  readonly meaning: TextMeaning;
  /** The source of a path, which begins with the key. */
  sourceOf(path: readonly string[]): ConfigSource;
}

/** A path, beginning with the key, and what the schema says there. */
export interface ConfigPlace {
  readonly path: readonly string[];
  readonly schema: SchemaPlace;
}

/** Why something that was written does not count. */
export type ConfigNote = ConfigTraceKey['ignored'][number];

/** What became of one value of one layer. `absent`: as if the layer had not said it. */
export type ValueReading =
  | {
      readonly kind: 'value';
      readonly value: JsonValue;
      readonly reference?: string;
      readonly notes: readonly ConfigNote[];
    }
  | { readonly kind: 'absent'; readonly notes: readonly ConfigNote[] }
  | { readonly kind: 'failed'; readonly problem: ConfigProblem };

/** Values nested deeper than this are refused, as schemas are. */
export const MAX_DEPTH = 64;

/** Reads a value of a layer that is no object: resolves and coerces its text. Items of arrays are read one by one. */
export function readValue(raw: JsonValue, place: ConfigPlace, from: Contribution, world: ReferenceWorld): ValueReading {
  if (place.path.length > MAX_DEPTH) return refused(place, from, `is nested deeper than ${MAX_DEPTH}`);
  if (typeof raw === 'string') return raw === '' ? { kind: 'absent', notes: [] } : readString(raw, place, from, world);
  if (isJsonArray(raw)) return readArray(raw, place, from, world);
  return asGiven(raw, from);
}

/** The place of a property below a place. */
export function propertyOf(place: ConfigPlace, key: string): ConfigPlace {
  return { path: [...place.path, key], schema: propertyPlace(place.schema, key) };
}

function readString(raw: string, place: ConfigPlace, from: Contribution, world: ReferenceWorld): ValueReading {
  if (from.meaning.kind === 'plain') return asGiven(raw, from);
  if (from.meaning.kind === 'environment') return coerced(raw, place, from, { notes: [] });
  const reading = readText(raw, from.meaning.rights, world);
  switch (reading.kind) {
    case 'literal':
      return { kind: 'value', value: raw, notes: [] };
    case 'failed':
      return { kind: 'failed', problem: problemAt(place, from, reading) };
    case 'absent': {
      const names = reading.variables.filter((name) => !reading.withheld.includes(name));
      const unset = names.map((name) =>
        note(from, name, `the variable ${name} that it refers to is not set or not allowed`),
      );
      return { kind: 'absent', notes: [...withheldNotes(from, reading.withheld), ...unset] };
    }
    case 'resolved': {
      const notes = withheldNotes(from, reading.withheld);
      if (reading.value === '') return { kind: 'absent', notes };
      return coerced(reading.value, place, from, {
        notes,
        ...referenceOf(describeReference(raw, mayHoldSecret(place.schema))),
      });
    }
  }
}

function asGiven(value: JsonValue, { meaning }: Contribution): ValueReading {
  return { kind: 'value', value, notes: [], ...referenceOf(meaning.kind === 'plain' ? meaning.reference : undefined) };
}

function coerced(
  text: string,
  place: ConfigPlace,
  from: Contribution,
  extra: { readonly notes: readonly ConfigNote[]; readonly reference?: string },
): ValueReading {
  const coercion = coerce(text, place.schema);
  if (coercion.ok) return { kind: 'value', value: coercion.value, ...extra };
  const { expected } = coercion;
  if (extra.reference !== undefined)
    return refused(place, from, `the text behind ${extra.reference} is not ${expected}`);
  return refused(place, from, `its text is not ${expected}`, `Set it to ${expected}, or take it away.`);
}

function readArray(
  raw: readonly JsonValue[],
  place: ConfigPlace,
  from: Contribution,
  world: ReferenceWorld,
): ValueReading {
  const places = raw.map((_, index) => ({
    path: [...place.path, String(index)],
    schema: itemPlace(place.schema, index),
  }));
  const members = readMembers(raw, places, from, world);
  if (members.kind !== 'members') return members;
  if (members.values.includes(undefined)) return { kind: 'absent', notes: members.notes };
  const items = members.values.filter((value) => value !== undefined);
  return { kind: 'value', value: items, notes: members.notes, ...referenceOf(members.reference) };
}

function readObjectInArray(
  raw: Readonly<Record<string, JsonValue | undefined>>,
  place: ConfigPlace,
  from: Contribution,
  world: ReferenceWorld,
): ValueReading {
  const entries = Object.entries(raw);
  const values = entries.map(([, value]) => value);
  const places = entries.map(([key]) => propertyOf(place, key));
  const members = readMembers(values, places, from, world);
  if (members.kind !== 'members') return members;
  const value = Object.fromEntries(entries.map(([key], index) => [key, members.values[index]]));
  return { kind: 'value', value: withoutAbsent(value), notes: members.notes, ...referenceOf(members.reference) };
}

interface Members {
  readonly kind: 'members';
  /** In the order of the raw values; `undefined` for one that is absent. */
  readonly values: readonly (JsonValue | undefined)[];
  readonly notes: readonly ConfigNote[];
  readonly reference?: string;
}

/** Reads what is inside an array. There nothing merges, and the empty string is a string. */
function readMembers(
  raw: readonly (JsonValue | undefined)[],
  places: readonly ConfigPlace[],
  from: Contribution,
  world: ReferenceWorld,
): Members | Extract<ValueReading, { kind: 'failed' }> {
  const values: (JsonValue | undefined)[] = [];
  const references = new Set<string>();
  const notes: ConfigNote[] = [];
  for (const [index, place] of places.entries()) {
    const reading = readMember(raw[index], place, from, world);
    if (reading.kind === 'failed') return reading;
    notes.push(...reading.notes);
    values.push(reading.kind === 'value' ? reading.value : undefined);
    if (reading.kind === 'value' && reading.reference !== undefined) references.add(reading.reference);
  }
  return { kind: 'members', values, notes, ...referenceOf([...references].join(', ')) };
}

function readMember(
  raw: JsonValue | undefined,
  place: ConfigPlace,
  from: Contribution,
  world: ReferenceWorld,
): ValueReading {
  if (raw === undefined) return { kind: 'absent', notes: [] };
  if (raw === '') return { kind: 'value', value: '', notes: [] };
  if (isJsonObject(raw) && place.path.length <= MAX_DEPTH) return readObjectInArray(raw, place, from, world);
  return readValue(raw, place, from, world);
}

function withoutAbsent(value: Readonly<Record<string, JsonValue | undefined>>): JsonValue {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

function refused(
  place: ConfigPlace,
  from: Contribution,
  fact: string,
  hint = 'Correct the value there.',
): ValueReading {
  return { kind: 'failed', problem: problemAt(place, from, { code: 'CAPSTAN_CONFIG_INVALID', fact, hint }) };
}

function problemAt(
  place: ConfigPlace,
  from: Contribution,
  what: { readonly code: ConfigProblem['code']; readonly fact: string; readonly hint: string },
): ConfigProblem {
  const [key = ''] = place.path;
  const origin = describeOrigin(from.layer, from.sourceOf(place.path));
  return { key, code: what.code, message: `${describePath(place.path)} (${origin}): ${what.fact}`, hint: what.hint };
}

function withheldNotes(from: Contribution, names: readonly string[]): readonly ConfigNote[] {
  return names.map((name) =>
    note(from, name, `the ${from.layer} refers to the variable ${name}, which is set, but this pack may not read it`),
  );
}

function note(from: Contribution, name: string, reason: string): ConfigNote {
  return { layer: from.layer, source: { kind: 'variable', name }, reason };
}

function referenceOf(reference: string | undefined): { readonly reference?: string } {
  return reference === undefined || reference === '' ? {} : { reference };
}
