import { CapstanError, type JsonValue } from '@capstan/sdk';
import { refusal } from './refusal.ts';

/** How much JSON is taken. */
export interface JsonLimits {
  /** Of the text in UTF-8. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Lists and objects inside each other; `1` and `"x"` have depth 0. Default 64. */
  readonly maxDepth?: number;
  /** Values in all: every member and element counts. Default 100,000. */
  readonly maxValues?: number;
}

const DEFAULTS: Required<JsonLimits> = Object.freeze({ maxBytes: 1_048_576, maxDepth: 64, maxValues: 100_000 });

/**
 * Parses JSON within limits. Depth is measured before anything is built.
 * @throws CapstanError `CAPSTAN_PAYLOAD_TOO_LARGE`, or `CAPSTAN_INVALID_ARGUMENTS` when it is no JSON.
 */
export function parseJson(text: string, limits: JsonLimits = {}): JsonValue {
  const { maxBytes, maxDepth, maxValues } = { ...DEFAULTS, ...limits };
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) throw tooLarge(`The JSON has ${bytes} bytes, more than ${maxBytes}.`);
  if (depthOfText(text) > maxDepth) throw tooLarge(`The JSON is nested deeper than ${maxDepth}.`);
  const value = parse(text);
  checkValue(value, { maxDepth, maxValues });
  return value;
}

/**
 * Checks a value that was parsed elsewhere. A cycle counts as too deep.
 * @throws CapstanError `CAPSTAN_PAYLOAD_TOO_LARGE`, or `CAPSTAN_INVALID_ARGUMENTS` for what JSON cannot say.
 */
export function checkJson(value: unknown, limits: JsonLimits = {}): asserts value is JsonValue {
  const { maxBytes, maxDepth, maxValues } = { ...DEFAULTS, ...limits };
  checkValue(value, { maxDepth, maxValues });
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > maxBytes) throw tooLarge(`The JSON has ${bytes} bytes, more than ${maxBytes}.`);
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CapstanError('CAPSTAN_INVALID_ARGUMENTS', 'The text is no JSON.', {
      hint: 'Send JSON as in RFC 8259.',
      cause,
    });
  }
}

/** Brackets outside strings; in text that is no JSON the figure means nothing, and the parser refuses it afterwards. */
function depthOfText(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isInString && character === '\\') at += 1;
    else if (character === '"') isInString = !isInString;
    else if (isInString) continue;
    else if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth -= 1;
  }
  return deepest;
}

type Bounds = Pick<Required<JsonLimits>, 'maxDepth' | 'maxValues'>;

/** Level by level instead of by recursion: the depth is the caller's choice. */
function checkValue(root: unknown, { maxDepth, maxValues }: Bounds): void {
  let level: readonly unknown[] = [root];
  let count = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    count += level.length;
    if (count > maxValues) throw tooLarge(`The JSON has more than ${maxValues} values.`);
    const next = level.flatMap(childrenOf);
    if (next.length > 0 && depth >= maxDepth) throw tooLarge(`The JSON is nested deeper than ${maxDepth}.`);
    level = next;
  }
}

function childrenOf(value: unknown): readonly unknown[] {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return [];
  if (typeof value === 'number' && Number.isFinite(value)) return [];
  if (Array.isArray(value)) return value;
  if (typeof value === 'object' && isPlain(value)) return Object.values(value);
  throw refusal(
    `JSON cannot hold ${typeof value === 'object' ? 'this object' : String(value)}.`,
    'Send plain JSON values.',
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function tooLarge(message: string): CapstanError {
  return new CapstanError('CAPSTAN_PAYLOAD_TOO_LARGE', message);
}
