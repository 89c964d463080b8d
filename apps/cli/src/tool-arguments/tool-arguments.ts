import { CapstanError, type JsonObject, type JsonSchema, type JsonValue } from '@capstan/sdk';
import { usageError } from '../failure-report.ts';
import { coerceArgument } from './coerce-argument.ts';
import { propertySchema, typesOf } from './schema-types.ts';

/** One `--arg key=value`. */
export interface WrittenArgument {
  readonly key: string;
  readonly text: string;
}

/** Reads one `--arg`. @throws CapstanError where there is no `=` or no key. */
export function readWrittenArgument(text: string): WrittenArgument {
  const at = text.indexOf('=');
  if (at < 1) {
    throw usageError(`--arg '${text}' is not key=value`, "Write --arg to=U1; for nested values use --json '{…}'.");
  }
  return { key: text.slice(0, at), text: text.slice(at + 1) };
}

/**
 * The arguments of a call: the object of `--json`, with each `--arg` over it, read by the tool's schema.
 * A key that is given more than once makes a list where the schema has one, and is an error elsewhere.
 * @throws CapstanError CAPSTAN_INVALID_ARGUMENTS with every problem and its pointer
 */
export function buildArguments(base: JsonObject, written: readonly WrittenArgument[], schema: JsonSchema): JsonObject {
  const byKey = Map.groupBy(written, ({ key }) => key);
  const values = new Map<string, JsonValue | undefined>(Object.entries(base));
  const problems: { pointer: string; message: string }[] = [];
  for (const [key, entries] of byKey) {
    const reading = readValues(
      entries.map(({ text }) => text),
      schema,
      propertySchema(schema, key),
    );
    if (typeof reading === 'string') problems.push({ pointer: pointerOf(key), message: reading });
    else values.set(key, reading.value);
  }
  if (problems.length > 0) throw badArguments(problems);
  return Object.fromEntries(values);
}

function readValues(
  texts: readonly string[],
  root: JsonSchema,
  schema: JsonSchema | undefined,
): { readonly value: JsonValue } | string {
  const [first = ''] = texts;
  if (texts.length === 1) {
    const reading = coerceArgument(first, root, schema);
    return reading.ok ? { value: reading.value } : `'${first}' is not ${alternatives(reading.wanted)}`;
  }
  if (!typesOf(root, schema).includes('array')) return `given ${texts.length} times, and it is no list`;
  const parts: JsonValue[] = [];
  for (const text of texts) {
    const reading = coerceArgument(text, root, schema);
    if (!reading.ok) return `'${text}' is not ${alternatives(reading.wanted)}`;
    parts.push(...(Array.isArray(reading.value) ? reading.value : [reading.value]));
  }
  return { value: parts };
}

const ARTICLES: Readonly<Record<string, string>> = { array: 'a list', integer: 'an integer', object: 'a JSON object' };

function alternatives(types: readonly string[]): string {
  return types.map((type) => ARTICLES[type] ?? (type === 'null' ? 'null' : `a ${type}`)).join(' or ');
}

function pointerOf(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function badArguments(problems: readonly { readonly pointer: string; readonly message: string }[]): CapstanError {
  const named = problems.map(({ pointer, message }) => `${pointer} ${message}`).join('; ');
  return new CapstanError('CAPSTAN_INVALID_ARGUMENTS', `the arguments do not fit the tool: ${named}`, {
    hint: 'Look at the input schema with "capstan tool describe NAME".',
    details: { problems: problems.map((problem) => ({ ...problem })) },
  });
}
