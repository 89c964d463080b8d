import type { DocumentPath } from '@capstan/schema';
import type { JsonObject } from '@capstan/sdk';

/** Something read from JSON or YAML, not yet known to have any shape. */
export type JsonNode = unknown;

/** An own member of an object; `undefined` for anything else. */
export function memberOf(node: JsonNode, key: string): JsonNode {
  return isMapping(node) && Object.hasOwn(node, key) ? node[key] : undefined;
}

/** The members of an object; none for anything else. */
export function membersOf(node: JsonNode): readonly [string, JsonNode][] {
  return isMapping(node) ? Object.entries(node) : [];
}

/** The items of an array; none for anything else. */
export function itemsOf(node: JsonNode): readonly JsonNode[] {
  return Array.isArray(node) ? node : [];
}

/** The value at a path. */
export function nodeAt(node: JsonNode, path: DocumentPath): JsonNode {
  let found = node;
  for (const step of path) found = typeof step === 'number' ? itemsOf(found)[step] : memberOf(found, step);
  return found;
}

/** The texts in an array, with their places in it. */
export function textsOf(node: JsonNode): readonly (readonly [number, string])[] {
  return itemsOf(node).flatMap((item, index) => (typeof item === 'string' ? [[index, item] as const] : []));
}

/** Whether a node is an object. */
export function isMapping(node: JsonNode): node is Readonly<Record<string, JsonNode>> {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

/** A text member. */
export function textOf(node: JsonNode, key: string): string | undefined {
  const value = memberOf(node, key);
  return typeof value === 'string' ? value : undefined;
}

/** A text member, or what stands for it. */
export function textOr(node: JsonNode, key: string, fallback: string): string {
  return textOf(node, key) ?? fallback;
}

/** A number member, or what stands for it. */
export function numberOr(node: JsonNode, key: string, fallback: number): number {
  const value = memberOf(node, key);
  return typeof value === 'number' ? value : fallback;
}

/** A member that is one of some words, or what stands for it. */
export function wordOr<Word extends string>(node: JsonNode, key: string, words: readonly Word[], fallback: Word): Word {
  const value = memberOf(node, key);
  return words.find((word) => word === value) ?? fallback;
}

/** An object of a document; an empty one for anything else. */
export function jsonMapping(node: JsonNode): JsonObject {
  return isJsonMapping(node) ? node : {};
}

/** What was read from YAML or JSON is plain JSON all the way down. */
function isJsonMapping(node: JsonNode): node is JsonObject {
  return isMapping(node);
}
