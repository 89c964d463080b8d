import { readFileSync } from 'node:fs';
import { type CompiledSchema, compileSchema, type DocumentPath } from '@capstan/schema';
import { type JsonNode, memberOf } from './json-node.ts';

/** A schema of the settings: an object with keywords. */
export interface SettingsSchema {
  readonly [keyword: string]: unknown;
}

let published: SettingsSchema | undefined;
let compiled: CompiledSchema | undefined;

/** The JSON Schema of `capstan.yaml`, as it is published for editors. */
export function settingsSchema(): SettingsSchema {
  published ??= JSON.parse(readFileSync(new URL('../../schema/capstan.schema.json', import.meta.url), 'utf8'));
  return published ?? {};
}

/** The same schema, compiled. */
export function compiledSettingsSchema(): CompiledSchema {
  if (compiled) return compiled;
  const compilation = compileSchema(settingsSchema(), { origin: 'own' });
  if (!compilation.ok) throw new Error(`capstan.schema.json does not compile: ${JSON.stringify(compilation.problems)}`);
  compiled = compilation.schema;
  return compiled;
}

/**
 * The schema of the value at a path; `undefined` where nothing declares it. Knows the keywords that the settings use:
 * `$ref` into `$defs`, `properties`, `additionalProperties`, `items`.
 */
export function schemaAt(path: DocumentPath): SettingsSchema | undefined {
  let schema: SettingsSchema | undefined = settingsSchema();
  for (const step of path) schema = schema && stepInto(resolved(schema), step);
  return schema && resolved(schema);
}

/** Whether the value at a path, or something around it, is declared secret, or not declared at all. */
export function isClosedPath(path: DocumentPath): boolean {
  return path.some((_, index) => {
    const schema = schemaAt(path.slice(0, index + 1));
    return schema === undefined || schema['x-secret'] === true;
  });
}

function stepInto(schema: SettingsSchema, step: string | number): SettingsSchema | undefined {
  if (typeof step === 'number') return asSchema(schema.items);
  return asSchema(memberOf(schema.properties, step)) ?? asSchema(schema.additionalProperties);
}

/** A referenced schema with what stands beside the reference. */
export function resolved(schema: SettingsSchema): SettingsSchema {
  if (typeof schema.$ref !== 'string') return schema;
  const target = asSchema(memberOf(settingsSchema().$defs, schema.$ref.replace('#/$defs/', '')));
  return { ...target, ...schema };
}

function asSchema(value: JsonNode): SettingsSchema | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
