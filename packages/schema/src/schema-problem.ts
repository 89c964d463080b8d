import type { ErrorObject } from 'ajv';
import { pointerPath } from './schema-references.ts';
import { isKeywords } from './subschemas.ts';
import { suggest } from './suggest.ts';

/** One way in which a value does not fit its schema. */
export interface SchemaProblem {
  /** Where in the value, as a JSON Pointer (RFC 6901); empty for the value itself. */
  readonly pointer: string;
  /** The keyword that failed: `required`, `type` … */
  readonly keyword: string;
  /** What is wrong, in one sentence that names the property. Never the offending value (it may be secret). */
  readonly message: string;
  /** The next action, such as "did you mean 'messages'?". */
  readonly hint?: string;
  /** The property that is missing, or not known, in the object at `pointer`. */
  readonly property?: string;
}

const MAX_LISTED = 12;
/** Nothing is suggested out of more names than this. */
const MAX_COMPARED = 200;

function unknownProperty({ params }: ErrorObject): string | undefined {
  const name: unknown = params.additionalProperty ?? params.unevaluatedProperty;
  return typeof name === 'string' ? name : undefined;
}

/** Ajv's error in our words. Nothing in it comes from the value but names of properties. */
export function problemOf(error: ErrorObject): SchemaProblem {
  const subject = subjectOf(error.instancePath);
  const hint = hintOf(error);
  const property: unknown = error.params.missingProperty ?? unknownProperty(error);
  return {
    pointer: error.instancePath,
    keyword: error.keyword,
    message: messageOf(error, subject),
    ...(hint === undefined ? {} : { hint }),
    ...(typeof property === 'string' ? { property } : {}),
  };
}

function subjectOf(pointer: string): string {
  if (pointer === '') return 'the value';
  return `'${pointerPath(pointer).join('.')}'`;
}

function messageOf(error: ErrorObject, subject: string): string {
  const { keyword, params } = error;
  switch (keyword) {
    case 'required':
      return `${subject} lacks the property '${params.missingProperty}'`;
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return `${subject} has a property that is not known: '${unknownProperty(error)}'`;
    case 'enum':
      return `${subject} is none of ${listed(params.allowedValues)}`;
    case 'const':
      return `${subject} is not ${JSON.stringify(params.allowedValue)}`;
    case 'type':
      return `${subject} must be ${[params.type].flat().join(' or ')}`;
    case 'pattern':
      return `${subject} ${expectation(error) ?? error.message}`;
    case 'false schema':
      return `${subject} is not allowed`;
    default:
      return `${subject} ${error.message ?? `does not satisfy '${keyword}'`}`;
  }
}

/** What the author of the schema says of a pattern, by the keyword that editors show too. */
function expectation({ parentSchema }: ErrorObject): string | undefined {
  const said: unknown = parentSchema?.patternErrorMessage;
  return typeof said === 'string' ? said : undefined;
}

function listed(values: unknown): string {
  if (!Array.isArray(values)) return 'the allowed values';
  const shown = values.slice(0, MAX_LISTED).map((value) => JSON.stringify(value));
  return values.length > MAX_LISTED ? `${shown.join(', ')}, …` : shown.join(', ');
}

function hintOf(error: ErrorObject): string | undefined {
  const { keyword, params } = error;
  const unknown = unknownProperty(error);
  if (unknown !== undefined) return meant(unknown, propertyNames(error.parentSchema));
  if (keyword === 'required' && typeof params.missingProperty === 'string' && isKeywords(error.data)) {
    const given = Object.keys(error.data);
    if (given.length > MAX_COMPARED) return undefined;
    const known = new Set(propertyNames(error.parentSchema));
    const strangers = given.filter((name) => !known.has(name));
    const similar = suggest(params.missingProperty, strangers);
    return similar === undefined ? undefined : `is '${similar}' meant to be '${params.missingProperty}'?`;
  }
  if (keyword === 'enum' && typeof error.data === 'string' && Array.isArray(params.allowedValues)) {
    return meant(
      error.data,
      params.allowedValues.filter((value) => typeof value === 'string'),
    );
  }
  return undefined;
}

function meant(word: string, candidates: readonly string[]): string | undefined {
  const similar = candidates.length > MAX_COMPARED ? undefined : suggest(word, candidates);
  return similar === undefined ? undefined : `did you mean '${similar}'?`;
}

function propertyNames(schema: unknown): readonly string[] {
  if (!isKeywords(schema) || !isKeywords(schema.properties)) return [];
  return Object.keys(schema.properties);
}
