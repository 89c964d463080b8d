import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type YAMLError,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Severity } from './diagnostic.ts';
import type { Place } from './place.ts';
import { PlainMapping } from './plain-mapping.ts';
import {
  duplicateKey,
  MAX_DOCUMENT_DEPTH,
  numberFinding,
  tooDeep,
  type YamlFinding,
  type YamlTree,
} from './yaml-finding.ts';
import { nestedTooDeep } from './yaml-nesting.ts';

const MAX_ALIASED_VALUES = 10_000;

/** Reads any YAML 1.2 document, merge keys included, with the `yaml` library. The value is `undefined` where reading had to stop. */
export function readYamlTree(text: string): YamlTree {
  const deep = nestedTooDeep(text, MAX_DOCUMENT_DEPTH);
  if (deep !== undefined) return refused([tooDeep(deep)]);
  const document = parseDocument(text, {
    prettyErrors: false,
    // Its check compares every key with every other; PlainMapping does it by look-up.
    uniqueKeys: false,
    logLevel: 'silent',
  });
  if (document.errors.length > 0) return refused(document.errors.map((error) => parserFinding(error, 'error')));
  const builder = new TreeBuilder();
  for (const warning of document.warnings) builder.findings.push(parserFinding(warning, 'warning'));
  try {
    const { value, place } = builder.build(document.contents, 0, 0);
    return { value, place, findings: builder.findings };
  } catch (stop) {
    if (stop instanceof Stop) return refused([...builder.findings, stop.finding]);
    throw stop;
  }
}

function refused(findings: readonly YamlFinding[]): YamlTree {
  return { value: undefined, place: findings[0]?.offset ?? 0, findings };
}

function parserFinding(error: YAMLError, severity: Severity): YamlFinding {
  const kind = error.code === 'TAG_RESOLVE_FAILED' ? 'TAG' : 'SYNTAX';
  return { severity, kind, offset: error.pos[0], message: error.message };
}

/** Ends the reading at once: going on could cost without limit. */
class Stop extends Error {
  readonly finding: YamlFinding;

  constructor(finding: YamlFinding) {
    super(finding.message);
    this.finding = finding;
  }
}

interface Built {
  readonly value: unknown;
  readonly place: Place;
  /** How many values it holds, aliases expanded. */
  readonly size: number;
}

class TreeBuilder {
  readonly findings: YamlFinding[] = [];
  readonly #anchors = new Map<string, Built>();
  #aliasedValues = 0;

  /** `near` is the place where a node has none of its own. */
  build(node: unknown, depth: number, near: number): Built {
    if (isAlias(node)) return this.#alias(node, near);
    if (depth > MAX_DOCUMENT_DEPTH) throw new Stop(tooDeep(startOf(node, near)));
    const built = this.#container(node, depth, near) ?? this.#scalar(node, near);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, built);
    return built;
  }

  #container(node: unknown, depth: number, near: number): Built | undefined {
    if (isMap(node)) return this.#mapping(node, depth, startOf(node, near));
    return isSeq(node) ? this.#sequence(node, depth, startOf(node, near)) : undefined;
  }

  #alias(alias: Alias, near: number): Built {
    const target = this.#anchors.get(alias.source);
    const offset = startOf(alias, near);
    if (!target) {
      const message = `the alias *${alias.source} refers to nothing complete before it`;
      throw new Stop({
        severity: 'error',
        kind: 'ALIAS',
        offset,
        message,
        hint: 'Define the anchor before the alias.',
      });
    }
    this.#aliasedValues += target.size;
    if (this.#aliasedValues > MAX_ALIASED_VALUES) {
      const message = `the aliases stand for more than ${MAX_ALIASED_VALUES} values`;
      throw new Stop({ severity: 'error', kind: 'ALIAS', offset, message, hint: 'Write the values out.' });
    }
    const place = typeof target.place === 'number' ? offset : { ...target.place, start: offset };
    return { ...target, place };
  }

  #scalar(node: unknown, near: number): Built {
    const place = startOf(node, near);
    const value = isScalar(node) ? (node.value ?? null) : null;
    const finding =
      typeof value === 'number' && isScalar(node) ? numberFinding(value, node.source ?? '', place) : undefined;
    if (finding) this.findings.push(finding);
    return { value, place, size: 1 };
  }

  #sequence(node: YAMLSeq, depth: number, start: number): Built {
    const values: unknown[] = [];
    const members: Place[] = [];
    let size = 1;
    for (const item of node.items) {
      const built = this.build(item, depth + 1, start);
      values.push(built.value);
      members.push(built.place);
      size += built.size;
    }
    return { value: values, place: { start, members }, size };
  }

  #mapping(node: YAMLMap, depth: number, start: number): Built {
    const mapping = new PlainMapping(start);
    let size = 1;
    for (const pair of node.items) {
      const keyStart = startOf(pair.key, start);
      const key = this.#key(pair, keyStart);
      const built = this.build(pair.value, depth + 1, keyStart);
      size += built.size;
      if (key === undefined || (isMergeKey(pair) && merge(mapping, built))) continue;
      if (!mapping.add(key, keyStart, built.value, built.place)) this.findings.push(duplicateKey(key, keyStart));
    }
    return { value: mapping.value, place: mapping.place, size };
  }

  #key(pair: Pair, offset: number): string | undefined {
    const node = pair.key;
    if (isScalar(node)) return typeof node.value === 'string' ? node.value : (node.source ?? '');
    const aliased = isAlias(node) ? this.#alias(node, offset).value : undefined;
    if (typeof aliased === 'string') return aliased;
    const message = 'a key must be text, not a mapping or a sequence';
    this.findings.push({ severity: 'error', kind: 'NOT_JSON', offset, message, hint: 'Write the key in quotes.' });
    return undefined;
  }
}

function startOf(node: unknown, near: number): number {
  if (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) return node.range?.[0] ?? near;
  return near;
}

function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.value === '<<' && pair.key.type === 'PLAIN';
}

/** YAML 1.1's merge key, which readers in other languages know. False where the value is neither a mapping nor a list of them. */
function merge(mapping: PlainMapping, { value, place }: Built): boolean {
  const sources: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!sources.every(isMapping)) return false;
  for (const source of sources) mapping.inherit(source, place);
  return true;
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
