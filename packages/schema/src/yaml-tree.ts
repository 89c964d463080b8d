import {
  type AliasEvent,
  EVENT_ID,
  type Event,
  getScalarValue,
  type MappingEvent,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
  YAMLException,
} from 'js-yaml';
import type { Place } from './place.ts';
import { PlainMapping } from './plain-mapping.ts';
import {
  duplicateKey,
  MAX_DOCUMENT_DEPTH,
  numberFinding,
  syntaxError,
  type YamlFinding,
  type YamlTree,
} from './yaml-finding.ts';
import { resolvePlain, resolveTagged } from './yaml-scalar.ts';

const MAX_ALIASED_VALUES = 10_000;

/** Reads a YAML 1.2 document, merge keys included. The value is `undefined` where reading had to stop. */
export function readYamlTree(text: string): YamlTree {
  try {
    const builder = new TreeBuilder(text, parseEvents(text, { maxDepth: MAX_DOCUMENT_DEPTH }));
    return builder.document();
  } catch (error) {
    const finding = error instanceof Stop ? error.finding : parserFinding(error);
    return { value: undefined, place: finding.offset, findings: [finding] };
  }
}

function parserFinding(error: unknown): YamlFinding {
  if (!(error instanceof YAMLException)) throw error;
  return syntaxError(error.reason, error.mark?.position ?? 0);
}

/** Ends the reading at once: going on could cost without limit, or give the wrong data. */
class Stop extends Error {
  readonly finding: YamlFinding;

  constructor(kind: YamlFinding['kind'], offset: number, [message, hint]: readonly [string, string]) {
    super(message);
    this.finding = { severity: 'error', kind, offset, message, hint };
  }
}

interface Built {
  readonly value: unknown;
  readonly place: Place;
  /** How many values it holds, aliases expanded. */
  readonly size: number;
}

/** Builds data from the parser's events; `near` is the place of what has no place of its own. */
class TreeBuilder {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #findings: YamlFinding[] = [];
  readonly #anchors = new Map<string, Built>();
  #next = 0;
  #aliasedValues = 0;

  constructor(text: string, events: readonly Event[]) {
    this.#text = text;
    this.#events = events;
  }

  document(): YamlTree {
    if (this.#events.length === 0) return { value: null, place: 0, findings: [] };
    this.#next = 1;
    const { value, place } = this.#build(0);
    this.#next += 1;
    if (this.#next < this.#events.length) {
      const offset = startOf(this.#events[this.#next + 1], 0);
      throw new Stop('SYNTAX', offset, ['a second document starts here', 'Keep one document in a file.']);
    }
    return { value, place, findings: this.#findings };
  }

  #build(near: number): Built {
    const event = this.#events[this.#next];
    this.#next += 1;
    switch (event?.type) {
      case EVENT_ID.MAPPING:
        return this.#anchored(event, this.#mapping(event));
      case EVENT_ID.SEQUENCE:
        return this.#anchored(event, this.#sequence(event));
      case EVENT_ID.SCALAR:
        return this.#anchored(event, this.#scalar(event, near));
      case EVENT_ID.ALIAS:
        return this.#alias(event);
      default:
        return { value: null, place: near, size: 1 };
    }
  }

  #anchored(event: MappingEvent | SequenceEvent | ScalarEvent, built: Built): Built {
    if (event.anchorStart >= 0) this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), built);
    return built;
  }

  #alias(event: AliasEvent): Built {
    const name = this.#text.slice(event.anchorStart, event.anchorEnd);
    const offset = startOf(event, 0);
    const target = this.#anchors.get(name);
    if (!target) {
      const message = `the alias '*${name}' refers to nothing complete before it`;
      throw new Stop('ALIAS', offset, [message, 'Define the anchor before the alias, and not around it.']);
    }
    this.#aliasedValues += target.size;
    if (this.#aliasedValues > MAX_ALIASED_VALUES) {
      throw new Stop('ALIAS', offset, [`the aliases stand for over ${MAX_ALIASED_VALUES} values`, 'Write them out.']);
    }
    return { ...target, place: typeof target.place === 'number' ? offset : { ...target.place, start: offset } };
  }

  #scalar(event: ScalarEvent, near: number): Built {
    const place = startOf(event, near);
    const source = getScalarValue(this.#text, event);
    const isPlain = event.style === SCALAR_STYLE.PLAIN;
    const tagged = event.tagStart < 0 ? undefined : this.#tagged(event, source);
    const value = tagged !== undefined ? tagged : isPlain ? resolvePlain(source) : source;
    const finding = typeof value === 'number' ? numberFinding(value, source, place) : undefined;
    if (finding) this.#findings.push(finding);
    return { value: finding?.severity === 'error' ? null : value, place, size: 1 };
  }

  #tagged(event: ScalarEvent, source: string): ReturnType<typeof resolveTagged> {
    const value = resolveTagged(source, this.#text.slice(event.tagStart, event.tagEnd));
    if (value === undefined) this.#reportTag(event);
    return value;
  }

  #reportTag({ tagStart, tagEnd }: ScalarEvent | SequenceEvent | MappingEvent): void {
    const message = `the tag '${this.#text.slice(tagStart, tagEnd).slice(0, 60)}' means nothing here and is left out`;
    const hint = 'Remove the tag; write the value as plain YAML.';
    this.#findings.push({ severity: 'warning', kind: 'TAG', offset: tagStart, message, hint });
  }

  #sequence(event: SequenceEvent): Built {
    if (event.tagStart >= 0 && this.#text.slice(event.tagStart, event.tagEnd) !== '!!seq') this.#reportTag(event);
    const values: unknown[] = [];
    const members: Place[] = [];
    let size = 1;
    while (this.#isInside()) {
      const built = this.#build(event.start);
      values.push(built.value);
      members.push(built.place);
      size += built.size;
    }
    return { value: values, place: { start: event.start, members }, size };
  }

  #mapping(event: MappingEvent): Built {
    if (event.tagStart >= 0 && this.#text.slice(event.tagStart, event.tagEnd) !== '!!map') this.#reportTag(event);
    const mapping = new PlainMapping(event.start);
    let size = 1;
    while (this.#isInside()) {
      const keyEvent = this.#events[this.#next];
      const keyStart = startOf(keyEvent, event.start);
      const key = this.#key(keyStart);
      const built = this.#build(keyStart);
      size += built.size;
      if (key === undefined || (key === '<<' && isPlain(keyEvent) && merge(mapping, built))) continue;
      if (!mapping.add(key, keyStart, built.value, built.place)) this.#findings.push(duplicateKey(key, keyStart));
    }
    return { value: mapping.value, place: mapping.place, size };
  }

  /** Whether the collection goes on; steps over its end. */
  #isInside(): boolean {
    if (this.#events[this.#next]?.type !== EVENT_ID.POP) return true;
    this.#next += 1;
    return false;
  }

  /** Reads a key: its text as written, so that `1.0` stays "1.0" and `true` "true". */
  #key(offset: number): string | undefined {
    const event = this.#events[this.#next];
    if (event?.type === EVENT_ID.SCALAR) {
      const text = getScalarValue(this.#text, event);
      if (event.tagStart >= 0) this.#tagged(event, text);
      this.#next += 1;
      this.#anchored(event, { value: text, place: offset, size: 1 });
      return text;
    }
    const { value } = this.#build(offset);
    if (typeof value === 'string') return value;
    const message = 'a key must be text, not a mapping or a sequence';
    this.#findings.push({ severity: 'error', kind: 'NOT_JSON', offset, message, hint: 'Write the key in quotes.' });
    return undefined;
  }
}

function isPlain(event: Event | undefined): boolean {
  return event?.type === EVENT_ID.SCALAR && event.style === SCALAR_STYLE.PLAIN;
}

function startOf(event: Event | undefined, near: number): number {
  switch (event?.type) {
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      return event.start;
    case EVENT_ID.ALIAS:
      return event.anchorStart - 1;
    case EVENT_ID.SCALAR: {
      if (event.valueStart < 0) return near;
      const isQuoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
      return isQuoted ? event.valueStart - 1 : event.valueStart;
    }
    default:
      return near;
  }
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
