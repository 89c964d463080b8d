import { compileSchema } from '@capstan/schema';
import type { JsonObject, JsonSchema, JsonValue } from '@capstan/sdk';
import { isJsonObject, objectAt } from './json.ts';
import type { Report } from './report.ts';

/** The inputs of a workflow. */
export interface WorkflowInputs {
  readonly schema: JsonSchema;
  readonly defaults: Readonly<Record<string, JsonValue>>;
  /** Undefined where any input may be given. */
  readonly names: ReadonlySet<string> | undefined;
}

/** Reads `inputs:`, or takes the schema of the tool whose backend the workflow is. */
export function readInputs(source: JsonObject, toolSchema: JsonSchema | undefined, report: Report): WorkflowInputs {
  const declared = objectAt(source, 'inputs');
  if (declared === undefined) return inputsOfSchema(toolSchema ?? { type: 'object' });
  const properties: Record<string, JsonObject> = {};
  const required: string[] = [];
  for (const [name, input] of Object.entries(declared)) {
    if (!isJsonObject(input)) continue;
    const { required: isRequired, ...schema } = input;
    properties[name] = Array.isArray(isRequired) ? input : schema;
    if (isRequired === true) required.push(name);
    const compilation = compileSchema(properties[name], { origin: 'own' });
    for (const flaw of compilation.ok ? [] : compilation.problems) {
      report.add('CAPSTAN_WORKFLOW_VALUE', ['inputs', name, ...flaw.path], { message: flaw.message });
    }
  }
  return inputsOfSchema({ type: 'object', additionalProperties: false, required, properties });
}

function inputsOfSchema(schema: JsonSchema): WorkflowInputs {
  const properties = typeof schema === 'object' ? schema.properties : undefined;
  if (typeof properties !== 'object' || properties === null) return { schema, defaults: {}, names: undefined };
  const entries = Object.entries(properties).map(([name, property]: [string, unknown]) => [name, defaultOf(property)]);
  return { schema, defaults: Object.fromEntries(entries), names: new Set(Object.keys(properties)) };
}

/** An input that nobody gives is null, so that an expression may ask for it. */
function defaultOf(property: unknown): JsonValue {
  if (typeof property !== 'object' || property === null || !('default' in property)) return null;
  // A default that a schema holds was read from JSON or YAML.
  return property.default as JsonValue;
}
