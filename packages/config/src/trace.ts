import type { JsonValue } from '@capstan/sdk';
import type { Contribution } from './contribution.ts';
import { joinRendered, type Masker, type RenderedValue, renderValue, showUnused } from './mask.ts';
import type { ConfigNode, Loser } from './merge.ts';
import { describeReference } from './reference.ts';
import { mayHoldSecret } from './schema-place.ts';
import { jsonPointer } from './source-text.ts';
import type { ConfigLayer, ConfigProblem, ConfigTraceEntry, ConfigTraceKey, ConfigTracePart } from './types.ts';

/** Everything that a merged tree says: the value in its three forms, and the explanation. */
export interface TreeReading {
  /** With secrets in the clear: for validation, then forgotten. */
  readonly plain: JsonValue;
  readonly rendered: RenderedValue;
  readonly winner: ConfigTraceEntry;
  readonly overridden: readonly ConfigTraceEntry[];
  readonly parts?: NonNullable<ConfigTraceKey['parts']>;
  readonly problems: readonly ConfigProblem[];
}

interface Walked {
  readonly plain: JsonValue;
  readonly rendered: RenderedValue;
  readonly parts: readonly ConfigTracePart[];
  readonly problems: readonly ConfigProblem[];
}

/** Reads value and trace off a tree in one walk. */
export function readTree(root: ConfigNode, mask: Masker): TreeReading {
  const { plain, rendered, parts, problems } = walk(root, mask);
  const layers = new Set<ConfigLayer>([root.from.layer, ...parts.map(({ entry }) => entry.layer)]);
  const isMerged = root.kind === 'branch' && (layers.size > 1 || parts.some(({ overridden }) => overridden.length > 0));
  return {
    plain,
    rendered,
    winner: entryOf(root, rendered.shown),
    overridden: root.losers.map((loser) => loserEntry(loser, mask)),
    ...(isMerged ? { parts } : {}),
    problems,
  };
}

/** The place in the tree that gave the value at a path, or the nearest one above it. */
export function nodeAt(root: ConfigNode, path: readonly string[]): ConfigNode {
  let node = root;
  for (const step of path) {
    const child = node.kind === 'branch' ? node.children.get(step) : undefined;
    if (child === undefined) return node;
    node = child;
  }
  return node;
}

function walk(node: ConfigNode, mask: Masker): Walked {
  if (node.kind === 'branch') return walkBranch(node, mask);
  const { schema, path } = node.place;
  const rendered =
    node.kind === 'leaf'
      ? renderValue(node.value, schema, mask)
      : { sealed: null, shown: showUnused(node.raw, schema, node.from.meaning, mask) };
  return {
    plain: node.kind === 'leaf' ? node.value : null,
    rendered,
    parts: [partOf(node, path, rendered.shown, mask)],
    problems: node.kind === 'leaf' ? [] : [node.problem],
  };
}

function walkBranch(node: Extract<ConfigNode, { kind: 'branch' }>, mask: Masker): Walked {
  const children = [...node.children].map(([key, child]) => [key, walk(child, mask)] as const);
  const rendered = joinRendered(children.map(([key, child]) => [key, child.rendered]));
  const below = children.flatMap(([, child]) => child.parts);
  // The root stands beside its parts, as the winner; an inner object is a part where it is empty or beat somebody.
  const isInner = node.place.path.length > 1;
  const own = isInner && (below.length === 0 || node.losers.length > 0);
  return {
    plain: Object.fromEntries(children.map(([key, child]) => [key, child.plain])),
    rendered,
    parts: own ? [partOf(node, node.place.path, rendered.shown, mask), ...below] : below,
    problems: [...node.failures, ...children.flatMap(([, child]) => child.problems)],
  };
}

function partOf(node: ConfigNode, path: readonly string[], shown: JsonValue, mask: Masker): ConfigTracePart {
  const overridden = node.losers.map((loser) => loserEntry(loser, mask));
  return { path: jsonPointer(path.slice(1)), entry: entryOf(node, shown), overridden };
}

function entryOf(node: ConfigNode, shown: JsonValue): ConfigTraceEntry {
  return entry(node.from, node.place.path, shown, node.kind === 'failure' ? failedReference(node) : node.reference);
}

function failedReference(node: Extract<ConfigNode, { kind: 'failure' }>): string | undefined {
  return node.from.meaning.kind === 'references' ? writtenReference(node.raw, node.place.schema) : undefined;
}

function loserEntry({ from, place, raw }: Loser, mask: Masker): ConfigTraceEntry {
  const reference = from.meaning.kind === 'references' ? writtenReference(raw, place.schema) : undefined;
  return entry(from, place.path, showUnused(raw, place.schema, from.meaning, mask), reference);
}

function writtenReference(raw: JsonValue, schema: Loser['place']['schema']): string | undefined {
  return typeof raw === 'string' ? describeReference(raw, mayHoldSecret(schema)) : undefined;
}

function entry(
  from: Contribution,
  path: readonly string[],
  shown: JsonValue,
  reference: string | undefined,
): ConfigTraceEntry {
  const known = reference === undefined ? {} : { reference };
  return { layer: from.layer, source: from.sourceOf(path), shown, ...known };
}
