import { compileSchema } from '@capstan/schema';
import type { JsonObject, JsonSchema, JsonValue } from '@capstan/sdk';

/** What is needed of a tool to try it. */
export interface TryableTool {
  readonly name: string;
  readonly ready: boolean;
  readonly readOnly: boolean;
  readonly inputSchema: JsonSchema;
  readonly examples: readonly JsonValue[];
  /** The connections that it may use, the one to show first. */
  readonly connections: readonly string[];
}

/** A call that works as it stands. */
export interface SampleCall {
  readonly tool: string;
  readonly arguments: JsonObject;
  /** Where the tool would not know which one is meant. */
  readonly connection?: string;
}

/** How to choose. */
export interface SamplePreference {
  /** Writing before reading: right where the service behind the tools is only an example. */
  readonly preferWriting?: boolean;
}

/** Picks a call to show: of a ready tool, with its own example or the simplest arguments that its schema accepts; reading before writing. */
export function pickSampleCall(
  tools: readonly TryableTool[],
  { preferWriting = false }: SamplePreference = {},
): SampleCall | undefined {
  const ready = tools.filter((tool) => tool.ready);
  const [first, second] = [preferWriting, !preferWriting].map((writes) => ready.filter((t) => t.readOnly !== writes));
  for (const tool of [...(first ?? []), ...(second ?? [])]) {
    const found = sampleArguments(tool);
    const [connection, ...others] = tool.connections;
    if (found !== undefined) {
      return {
        tool: tool.name,
        arguments: found,
        ...(connection === undefined || others.length === 0 ? {} : { connection }),
      };
    }
  }
  return undefined;
}

function sampleArguments(tool: TryableTool): JsonObject | undefined {
  const compiled = compileSchema(tool.inputSchema, { origin: 'foreign' });
  const accepts = (value: JsonObject): boolean => !compiled.ok || compiled.schema.accepts(value);
  return [...tool.examples.flatMap(argumentsOfExample), requiredOnly(tool.inputSchema)].find(accepts);
}

/** An example is the arguments, or an object that holds them under `arguments` or `input`. */
function argumentsOfExample(example: JsonValue): readonly JsonObject[] {
  if (!isObject(example)) return [];
  return [example.arguments, example.input, example].filter(isObject);
}

function requiredOnly(schema: JsonSchema): JsonObject {
  if (typeof schema === 'boolean') return {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.fromEntries(
    required
      .filter((key): key is string => typeof key === 'string')
      .map((key) => [key, simplestValue(propertyOf(schema, key))]),
  );
}

function propertyOf(schema: Exclude<JsonSchema, boolean>, key: string): Readonly<Record<string, unknown>> {
  const properties = schema.properties;
  const property: unknown = isRecord(properties) ? properties[key] : undefined;
  return isRecord(property) ? property : {};
}

function simplestValue(schema: Readonly<Record<string, unknown>>): JsonValue {
  const given = [schema.default, listed(schema.examples), listed(schema.enum), schema.const];
  const value = given.find((candidate) => candidate !== undefined);
  // Schemas are JSON documents, so what they hold is JSON.
  if (value !== undefined) return value as JsonValue;
  const { type } = schema;
  const simplest = SIMPLEST.get(String(Array.isArray(type) ? type[0] : type));
  if (simplest !== undefined) return simplest;
  return type === 'object' && isRecord(schema) ? requiredOnly(schema) : 'hello';
}

const SIMPLEST: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ['integer', 1],
  ['number', 1],
  ['boolean', true],
  ['array', []],
  ['null', null],
]);

function listed(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isObject(value: unknown): value is JsonObject {
  return isRecord(value);
}
