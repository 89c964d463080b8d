import { readTemplate } from '@capstan/expression';
import { type DocumentPath, suggest } from '@capstan/schema';
import type { JsonObject, JsonSchema, JsonValue } from '@capstan/sdk';
import { isJsonObject, objectAt } from './json.ts';
import type { WrittenStep } from './read-step.ts';
import type { Report } from './report.ts';
import { typesOfLiteral, typesOfSchema } from './schema-types.ts';
import { workflowLanguage } from './workflow-language.ts';

/** What is known of a tool that a step may call. */
export interface KnownTool {
  readonly inputSchema: JsonSchema;
  readonly outputSchema?: JsonSchema;
}

/** The tools that steps may call. */
export interface KnownTools {
  /** By tool id, exposed name or alias. */
  find(name: string): KnownTool | undefined;
  /** For suggestions. */
  names(): Iterable<string>;
}

/** Checks the tools of all steps: that they exist, and that their arguments can fit. */
export function checkTools(written: readonly WrittenStep[], tools: KnownTools, report: Report): void {
  const outputs = new Map<string, JsonSchema | undefined>();
  for (const { step } of written) {
    const output = step.action.kind === 'tool' ? tools.find(step.action.tool)?.outputSchema : undefined;
    if (step.forEach === undefined) outputs.set(step.id, output);
  }
  for (const each of written) {
    const { step, path } = each;
    const { action, fallback, compensate } = step;
    if (action.kind === 'tool') {
      const tool = known(action.tool, [...path, 'tool'], { tools, report });
      if (tool !== undefined) checkArguments(each, tool, { outputs, report });
    }
    if (fallback !== undefined) known(fallback, [...path, 'fallback'], { tools, report });
    if (compensate !== undefined) known(compensate.tool, [...path, 'compensate', 'tool'], { tools, report });
  }
}

interface Check {
  readonly tools: KnownTools;
  readonly report: Report;
}

function known(name: string, path: DocumentPath, { tools, report }: Check): KnownTool | undefined {
  const tool = tools.find(name);
  if (tool !== undefined) return tool;
  const similar = suggest(name, tools.names());
  report.add('CAPSTAN_WORKFLOW_UNKNOWN_TOOL', path, {
    message: `there is no tool '${name}' here`,
    hint: similar === undefined ? 'List them with "capstan tool list".' : `did you mean '${similar}'?`,
  });
  return undefined;
}

interface Outputs {
  readonly outputs: ReadonlyMap<string, JsonSchema | undefined>;
  readonly report: Report;
}

function checkArguments(
  { step, path, source }: WrittenStep,
  { inputSchema }: KnownTool,
  { outputs, report }: Outputs,
): void {
  if (typeof inputSchema !== 'object' || step.action.kind !== 'tool') return;
  const properties = recordOf(inputSchema.properties);
  const given = objectAt(source, 'input') ?? {};
  const required = Array.isArray(inputSchema.required) ? inputSchema.required.map(String) : [];
  for (const name of required.filter((each) => given[each] === undefined)) {
    const message = `the tool '${step.action.tool}' needs '${name}'`;
    report.add('CAPSTAN_WORKFLOW_ARGUMENT', [...path, 'input'], { message, part: 'key' });
  }
  for (const [name, value] of Object.entries(given)) {
    const at = [...path, 'input', name];
    if (properties[name] === undefined) {
      if (inputSchema.additionalProperties === false) unknownArgument(name, at, { properties, report });
      continue;
    }
    const target = typesOfSchema(properties[name]);
    const types = typesOfValue(value ?? null, outputs);
    if (target === undefined || types === undefined || types.some((type) => target.has(type))) continue;
    const message = `'${name}' of '${step.action.tool}' is ${[...target].join(' or ')}, and this is ${types.join(' or ')}`;
    report.add('CAPSTAN_WORKFLOW_TYPE', at, { message });
  }
}

function typesOfValue(value: JsonValue, outputs: Outputs['outputs']): readonly string[] | undefined {
  if (typeof value !== 'string' || !value.includes('${{')) return typesOfLiteral(value);
  const reading = readTemplate(workflowLanguage, value);
  if (!reading.ok) return undefined;
  const { whole } = reading.template;
  if (whole === undefined) return ['string'];
  const [reference] = whole.references;
  if (reference !== undefined && reference.join('.') === whole.source) return typesOfPath(reference, outputs);
  return TYPES_OF_CEL[whole.type];
}

const TYPES_OF_CEL: Readonly<Record<string, readonly string[]>> = {
  bool: ['boolean'],
  string: ['string'],
  int: ['integer', 'number'],
  double: ['number', 'integer'],
};

function unknownArgument(
  name: string,
  at: DocumentPath,
  { properties, report }: { readonly properties: JsonObject; readonly report: Report },
): void {
  const similar = suggest(name, Object.keys(properties));
  report.add('CAPSTAN_WORKFLOW_ARGUMENT', at, {
    message: `the tool takes no '${name}'`,
    hint: similar === undefined ? undefined : `did you mean '${similar}'?`,
    part: 'key',
  });
}

/** The types of what a plain reference to the result of a step gives, where the schema of its tool says so. */
function typesOfPath(reference: readonly string[], outputs: Outputs['outputs']): readonly string[] | undefined {
  const [variable, id, member, ...rest] = reference;
  if (variable !== 'steps' || id === undefined || member !== 'result') return undefined;
  let schema: JsonValue | undefined = plain(outputs.get(id));
  for (const key of rest) schema = isJsonObject(schema) ? recordOf(schema.properties)[key] : undefined;
  const types = typesOfSchema(schema);
  return types === undefined ? undefined : [...types];
}

function recordOf(value: unknown): JsonObject {
  return isJsonObject(plain(value)) ? (value as JsonObject) : {};
}

/** Schemas were read from JSON or YAML. */
function plain(value: unknown): JsonValue | undefined {
  return value as JsonValue | undefined;
}
