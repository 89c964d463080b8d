import { boolCoreTag, floatCoreTag, intCoreTag, NOT_RESOLVED, nullCoreTag, type ScalarTagDefinition } from 'js-yaml';

type JsonScalar = string | number | boolean | null;

const UNTAGGED: readonly ScalarTagDefinition<JsonScalar>[] = [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag];
const TAGGED: Readonly<Record<string, ScalarTagDefinition<JsonScalar>>> = {
  '!!bool': boolCoreTag,
  '!!float': floatCoreTag,
  '!!int': intCoreTag,
  '!!null': nullCoreTag,
};
// Whatever starts otherwise is text in the core schema (YAML 1.2, section 10.3.2); most scalars end here.
const MAY_BE_OTHER = /^(?:$|[-+.~0-9nNtTfF])/;

/** The value of a plain scalar by YAML 1.2's core schema. */
export function resolvePlain(source: string): JsonScalar {
  if (!MAY_BE_OTHER.test(source)) return source;
  for (const tag of UNTAGGED) {
    const value = tag.resolve(source, false, tag.tagName);
    if (value !== NOT_RESOLVED) return value;
  }
  return source;
}

/** The value of a scalar with a tag of its own; `undefined` where the tag is not of the core schema, or the text does not fit it. */
export function resolveTagged(source: string, tag: string): JsonScalar | undefined {
  if (tag === '!!str' || tag === '!') return source;
  const definition = Object.hasOwn(TAGGED, tag) ? TAGGED[tag] : undefined;
  const value = definition?.resolve(source, true, definition.tagName);
  return value === NOT_RESOLVED ? undefined : value;
}
