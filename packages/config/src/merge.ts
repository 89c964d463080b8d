import type { JsonValue } from '@capstan/sdk';
import {
  type ConfigNote,
  type ConfigPlace,
  type Contribution,
  MAX_DEPTH,
  propertyOf,
  readValue,
  type ValueReading,
} from './contribution.ts';
import { isJsonObject } from './json-shape.ts';
import type { ReferenceWorld } from './reference-reader.ts';
import type { ConfigProblem } from './types.ts';

/**
 * The merged value of a key as a tree, in which every leaf knows the layer it came from and whom it beat.
 * Values and trace are both read off this tree, so they cannot disagree.
 */
export type ConfigNode = ConfigLeaf | ConfigFailure | ConfigBranch;

interface NodeBase {
  readonly place: ConfigPlace;
  readonly from: Contribution;
  readonly reference?: string;
  /** Lower layers that had something here, highest first. Grows while layers are merged. */
  readonly losers: Loser[];
}

/** A scalar or an array: nothing below it merges. */
export interface ConfigLeaf extends NodeBase {
  readonly kind: 'leaf';
  readonly value: JsonValue;
}

/** A value that could not be read. It still hides the layers below: a wrong value must not turn silently into another one. */
export interface ConfigFailure extends NodeBase {
  readonly kind: 'failure';
  readonly raw: JsonValue;
  readonly problem: ConfigProblem;
}

/** An object. Lower layers fill in the keys that it lacks, until one of them is no object. */
export interface ConfigBranch extends NodeBase {
  readonly kind: 'branch';
  readonly children: Map<string, ConfigNode>;
  readonly failures: ConfigProblem[];
  isClosed: boolean;
}

/** What a lower layer had, where a higher one won. Its text was never read. */
export interface Loser {
  readonly from: Contribution;
  readonly place: ConfigPlace;
  readonly raw: JsonValue;
}

/** What the merge of one key writes down beside the tree. */
export interface MergeRun {
  readonly world: ReferenceWorld;
  readonly notes: ConfigNote[];
}

/** Puts one more layer under what the higher layers made. Layers come highest first, so that only what counts is ever resolved. */
export function mergeLayer(
  node: ConfigNode | undefined,
  raw: JsonValue,
  place: ConfigPlace,
  from: Contribution,
  run: MergeRun,
): ConfigNode | undefined {
  if (isJsonObject(raw) && place.path.length <= MAX_DEPTH) return mergeObject(node, raw, place, from, run);
  if (node === undefined) return openNode(raw, place, from, run);
  if (raw === '') return node;
  if (node.kind === 'branch' && !node.isClosed && typeof raw === 'string' && from.meaning.kind !== 'plain') {
    return mergeTextIntoBranch(node, raw, place, from, run);
  }
  return addLoser(node, raw, place, from);
}

function openNode(raw: JsonValue, place: ConfigPlace, from: Contribution, run: MergeRun): ConfigNode | undefined {
  const reading = readValue(raw, place, from, run.world);
  if (reading.kind === 'failed') return { kind: 'failure', place, from, raw, problem: reading.problem, losers: [] };
  run.notes.push(...reading.notes);
  if (reading.kind === 'absent') return undefined;
  if (isJsonObject(reading.value)) {
    return mergeObject(undefined, reading.value, place, asPlain(from, reading), run);
  }
  return { kind: 'leaf', place, from, value: reading.value, losers: [], ...referenceOf(reading) };
}

function mergeObject(
  node: ConfigNode | undefined,
  raw: Readonly<Record<string, JsonValue | undefined>>,
  place: ConfigPlace,
  from: Contribution,
  run: MergeRun,
): ConfigNode | undefined {
  if (node !== undefined && (node.kind !== 'branch' || node.isClosed)) return addLoser(node, raw, place, from);
  const branch = node ?? newBranch(place, from);
  const entries = Object.entries(raw);
  for (const [key, value] of entries) {
    if (value === undefined) continue;
    const child = mergeLayer(branch.children.get(key), value, propertyOf(place, key), from, run);
    if (child !== undefined) branch.children.set(key, child);
  }
  const saysNothing = entries.length > 0 && branch.children.size === 0;
  return node === undefined && saysNothing ? undefined : branch;
}

/** A text may stand for an object (`env:OPTIONS` with JSON in it), which then merges like any other. */
function mergeTextIntoBranch(
  branch: ConfigBranch,
  raw: string,
  place: ConfigPlace,
  from: Contribution,
  run: MergeRun,
): ConfigNode {
  const reading = readValue(raw, place, from, run.world);
  if (reading.kind === 'failed') {
    branch.failures.push(reading.problem);
    return addLoser(branch, raw, place, from);
  }
  run.notes.push(...reading.notes);
  if (reading.kind === 'absent') return branch;
  if (!isJsonObject(reading.value)) return addLoser(branch, raw, place, from);
  mergeObject(branch, reading.value, place, asPlain(from, reading), run);
  return branch;
}

function newBranch(place: ConfigPlace, from: Contribution): ConfigBranch {
  const reference = from.meaning.kind === 'plain' ? from.meaning.reference : undefined;
  const known = reference === undefined ? {} : { reference };
  return { kind: 'branch', place, from, children: new Map(), failures: [], losers: [], isClosed: false, ...known };
}

function addLoser(node: ConfigNode, raw: JsonValue, place: ConfigPlace, from: Contribution): ConfigNode {
  node.losers.push({ from, place, raw });
  if (node.kind === 'branch' && !isJsonObject(raw)) node.isClosed = true;
  return node;
}

function asPlain(from: Contribution, reading: Extract<ValueReading, { kind: 'value' }>): Contribution {
  if (from.meaning.kind === 'plain') return from;
  return {
    layer: from.layer,
    raw: from.raw,
    meaning: { kind: 'plain', ...referenceOf(reading) },
    sourceOf: (path) => from.sourceOf(path),
  };
}

function referenceOf(reading: Extract<ValueReading, { kind: 'value' }>): { readonly reference?: string } {
  return reading.reference === undefined ? {} : { reference: reading.reference };
}
