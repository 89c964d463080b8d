import { type CompiledSchema, compileSchema, type SchemaProblem } from '@capstan/schema';
import type { JsonSchema, JsonValue } from '@capstan/sdk';
import { allowedTypes, propertyPlace, rootPlace, type SchemaPlace } from './schema-place.ts';
import { jsonPointer, pointerPath } from './source-text.ts';

/** Checks resolved values against a config schema; made once per schema, compiled at first need. */
export interface ConfigValidator {
  /** Problems of one key, pointers relative to its value. */
  problemsOf(key: string, value: JsonValue): readonly SchemaProblem[];
  /** Problems that only all keys together can have (`dependentRequired`, `oneOf` …); pointers begin with the key. */
  problemsTogether(values: Readonly<Record<string, JsonValue>>): readonly SchemaProblem[];
}

const ANNOTATIONS = ['title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly', '$comment'];
/** A property with nothing else needs no compiled schema: most have no more, and compiling costs more than all the rest. */
const PLAIN_PROPERTY: ReadonlySet<string> = new Set([...ANNOTATIONS, 'type']);
/** What is looked at key by key, or not at all: a schema with nothing else has nothing to say about keys together. */
const KEY_BY_KEY: ReadonlySet<string> = new Set([
  ...ANNOTATIONS,
  ...['type', 'properties', 'required', 'additionalProperties', '$schema', '$id', '$defs', 'definitions'],
]);
/** What the schema of single keys is cut down to. */
const SINGLE: ReadonlySet<string> = new Set(['properties', '$schema', '$id', '$defs', 'definitions']);

const validators = new WeakMap<object, ConfigValidator>();

/** The validator of a schema object, the same for the same object. */
export function validatorOf(schema: JsonSchema): ConfigValidator {
  if (typeof schema === 'boolean') return createValidator({});
  const known = validators.get(schema) ?? createValidator(schema);
  validators.set(schema, known);
  return known;
}

function createValidator(schema: Exclude<JsonSchema, boolean>): ConfigValidator {
  const place = rootPlace(schema);
  const single = lazy(() => compile(cutDown(schema)));
  const together = lazy(() => compile(omit(schema, 'required')));
  const isTogether = Object.keys(schema).some((keyword) => !KEY_BY_KEY.has(keyword) && !keyword.startsWith('x-'));
  return {
    problemsOf(key, value) {
      const property = propertyPlace(place, key);
      if (isPlain(property)) return typeProblems(property, key, value);
      const found = single().problems(Object.fromEntries([[key, value]]));
      return found.map((problem) => ({ ...problem, pointer: jsonPointer(pointerPath(problem.pointer).slice(1)) }));
    },
    problemsTogether: (values) => (isTogether ? together().problems(values) : []),
  };
}

/** A schema that does not compile has that to say about every value. */
function compile(schema: JsonSchema): Pick<CompiledSchema, 'problems'> {
  const compilation = compileSchema(schema, { origin: 'own' });
  if (compilation.ok) return compilation.schema;
  const reasons = compilation.problems.map(({ path, message }) => `${jsonPointer(path.map(String))}: ${message}`);
  const message = `the config schema of the pack cannot be used: ${reasons.join('; ')}`;
  const hint = 'The author of the pack must correct config.schema in the manifest.';
  return { problems: () => [{ pointer: '', keyword: '$schema', message, hint }] };
}

function lazy<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function cutDown(schema: Readonly<Record<string, unknown>>): JsonSchema {
  const kept = Object.entries(schema).filter(([keyword]) => SINGLE.has(keyword));
  const others = schema.additionalProperties;
  return Object.fromEntries(typeof others === 'object' ? [...kept, ['additionalProperties', others]] : kept);
}

function omit(schema: Readonly<Record<string, unknown>>, keyword: string): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== keyword));
}

function isPlain(property: SchemaPlace): boolean {
  return property.schemas.every((schema) =>
    Object.entries(schema).every(
      ([keyword, value]) =>
        PLAIN_PROPERTY.has(keyword) || keyword.startsWith('x-') || (keyword === 'format' && value === 'password'),
    ),
  );
}

function typeProblems(property: SchemaPlace, key: string, value: JsonValue): readonly SchemaProblem[] {
  const types = allowedTypes(property);
  if (types.length === 0 || types.some((type) => hasType(value, type))) return [];
  return [{ pointer: '', keyword: 'type', message: `'${key}' must be ${types.join(' or ')}, and is ${typeOf(value)}` }];
}

function hasType(value: JsonValue, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value);
  return typeOf(value) === type;
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
