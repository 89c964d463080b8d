import type { JsonObject, JsonValue } from '@capstan/sdk';
import { isObject } from '../json-object.ts';
import { readText, type Segment } from './text-template.ts';

/** A JSON value with slots in it. A text that is one slot and nothing else takes the slot's own type. */
export type ValueTemplate =
  | { readonly kind: 'constant'; readonly value: JsonValue }
  | { readonly kind: 'argument'; readonly name: string }
  | { readonly kind: 'config'; readonly key: string }
  | { readonly kind: 'text'; readonly segments: readonly Segment[] }
  | { readonly kind: 'list'; readonly items: readonly ValueTemplate[] }
  | { readonly kind: 'record'; readonly members: readonly RecordMember[] };

/** A member of an object with slots. */
export type RecordMember = readonly [key: string, value: ValueTemplate];

/** What the slots stand for in one call. */
export interface Scope {
  /** An argument; `undefined` where the call has none of that name. */
  argument(name: string): JsonValue | undefined;
  /** A setting. @throws CapstanError where it is not set, or secret. */
  config(key: string): JsonValue;
}

/** Told of a text in a template that cannot be read, with its path from the template's root. */
export type TemplateComplaint = (path: readonly (string | number)[], message: string, hint: string) => void;

/** Reads a template. What is wrong goes to `complain`; the rest is read all the same. */
export function readValue(value: JsonValue, complain: TemplateComplaint): ValueTemplate {
  if (typeof value === 'string') return readTextValue(value, complain);
  if (Array.isArray(value)) {
    const items = value.map((item: JsonValue, index) => readValue(item, under(index, complain)));
    return items.every(isConstant) ? { kind: 'constant', value } : { kind: 'list', items };
  }
  if (!isObject(value)) return { kind: 'constant', value };
  const members = membersOf(value).map(([key, member]): RecordMember => [key, readValue(member, under(key, complain))]);
  return { kind: 'record', members };
}

function readTextValue(text: string, complain: TemplateComplaint): ValueTemplate {
  const reading = readText(text);
  if (!reading.ok) {
    complain([], reading.message, reading.hint);
    return { kind: 'constant', value: text };
  }
  const [first, ...more] = reading.segments;
  if (first === undefined) return { kind: 'constant', value: '' };
  if (more.length > 0) return { kind: 'text', segments: reading.segments };
  return first.kind === 'literal' ? { kind: 'constant', value: first.text } : first;
}

function under(step: string | number, complain: TemplateComplaint): TemplateComplaint {
  return (path, message, hint) => complain([step, ...path], message, hint);
}

function isConstant(template: ValueTemplate): boolean {
  return template.kind === 'constant';
}

function membersOf(value: JsonObject): readonly (readonly [string, JsonValue])[] {
  return Object.entries(value).flatMap(([key, member]) => (member === undefined ? [] : [[key, member] as const]));
}

/** Every slot of a template. */
export function slotsOf(template: ValueTemplate): readonly Segment[] {
  switch (template.kind) {
    case 'constant':
      return [];
    case 'argument':
    case 'config':
      return [template];
    case 'text':
      return template.segments.filter((segment) => segment.kind !== 'literal');
    case 'list':
      return template.items.flatMap(slotsOf);
    case 'record':
      return template.members.flatMap(([, member]) => slotsOf(member));
  }
}

/** The argument that a value comes from, where it comes from one: what a complaint about the value has to name. */
export function sourceOf(template: ValueTemplate, otherwise: string): string {
  const slot = slotsOf(template).find(({ kind }) => kind === 'argument');
  return slot?.kind === 'argument' ? slot.name : otherwise;
}

/** The value of a template in one call. A member whose arguments are not given is left out. */
export function fillValue(template: ValueTemplate, scope: Scope): JsonValue | undefined {
  switch (template.kind) {
    case 'constant':
      return template.value;
    case 'argument':
      return scope.argument(template.name);
    case 'config':
      return scope.config(template.key);
    case 'text':
      return fillText(template.segments, scope);
    case 'list':
      return template.items.map((item) => fillValue(item, scope)).filter((item) => item !== undefined);
    case 'record':
      return fillRecord(template.members, scope);
  }
}

/** {@link fillValue} for the members of an object. */
export function fillRecord(members: readonly RecordMember[], scope: Scope): JsonObject {
  return Object.fromEntries(
    members.flatMap(([key, member]) => {
      const value = fillValue(member, scope);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** A text with its slots filled; `undefined` where an argument in it is not given. */
export function fillText(
  segments: readonly Segment[],
  scope: Scope,
  write: (value: JsonValue, segment: Segment) => string = textOf,
): string | undefined {
  let text = '';
  for (const segment of segments) {
    const value = segment.kind === 'literal' ? segment.text : slotValue(segment, scope);
    if (value === undefined || value === null) return undefined;
    text += segment.kind === 'literal' ? segment.text : write(value, segment);
  }
  return text;
}

function slotValue(segment: Exclude<Segment, { kind: 'literal' }>, scope: Scope): JsonValue | undefined {
  return segment.kind === 'argument' ? scope.argument(segment.name) : scope.config(segment.key);
}

/** A value as text: strings as they are, lists with commas between, everything else as JSON. */
export function textOf(value: JsonValue): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).join(',');
  return JSON.stringify(value);
}
