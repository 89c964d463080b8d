import type { DocumentPath } from '@capstan/schema';
import type { JsonObject, JsonValue } from '@capstan/sdk';
import { isJsonObject, objectAt, objectsAt, textAt, textsAt } from '../definition/json.ts';
import type { Report } from '../definition/report.ts';
import type { ImportedWorkflow } from './imported-workflow.ts';
import { translateJinja } from './jinja.ts';
import { PlaybookNames } from './playbook-names.ts';
import { translatePython } from './python-expression.ts';

const STEP_KEYS: Readonly<Record<string, string>> = { input: 'inputs', when: 'condition' };
const KNOWN_KEYS = ['version', 'playbook_code', 'kind', 'steps', 'inputs', 'outputs', 'name', 'description'];

/** A playbook: `{{input.x}}` and `{{step.y.z}}` in Jinja texts, named outputs of steps, conditions in Jinja. */
export function importPlaybook(source: JsonObject, report: Report): ImportedWorkflow {
  const written = objectsAt(source, 'steps');
  const names = new PlaybookNames(written, report);
  const steps = written.map((step, index) => importStep(step, { names, report, at: ['steps', index] }));
  for (const key of Object.keys(source).filter((each) => !KNOWN_KEYS.includes(each))) {
    report.add('CAPSTAN_WORKFLOW_IMPORTED', [key], {
      message: `'${key}' is left out: it does nothing here`,
      part: 'key',
    });
  }
  report.add('CAPSTAN_WORKFLOW_IMPORTED', ['playbook_code'], {
    message: `read the playbook '${textAt(source, 'playbook_code')}' with ${steps.length} steps as a workflow`,
  });
  const outputs = objectAt(source, 'outputs');
  const output = outputs === undefined ? undefined : importOutputs(outputs, { names, report, at: ['outputs'] });
  return {
    source: {
      ...(source.playbook_code === undefined ? {} : { name: source.playbook_code }),
      ...(source.description === undefined ? {} : { description: source.description }),
      inputs: importInputs(objectAt(source, 'inputs') ?? {}),
      steps,
      ...(output === undefined ? {} : { output }),
    },
    origin: originOf,
  };
}

function originOf(path: DocumentPath): DocumentPath {
  const [first, index, key, ...rest] = path;
  if (first === 'output') return ['outputs', ...(index === undefined ? [] : [index])];
  if (first !== 'steps' || key === undefined) return path;
  return [first, index ?? 0, STEP_KEYS[String(key)] ?? key, ...rest];
}

interface Place {
  readonly names: PlaybookNames;
  readonly report: Report;
  readonly at: DocumentPath;
}

function importInputs(inputs: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, importInput(input ?? null)]));
}

function importInput(input: JsonValue): JsonObject {
  if (!isJsonObject(input)) return {};
  const { type, ...rest } = input;
  const list = typeof type === 'string' ? /^list\[(\w+)\]$/.exec(type) : null;
  const schema = list === null ? { type: typeOf(type, input) } : { type: 'array', items: { type: list[1] } };
  return { ...rest, ...schema };
}

/** One that may be left out may also be given as null, as these inputs are where they are not set. */
function typeOf(type: JsonValue | undefined, input: JsonObject): JsonValue {
  if (typeof type !== 'string') return type ?? ['string', 'number', 'boolean', 'object', 'array', 'null'];
  return input.required === true ? type : [type, 'null'];
}

function importStep(step: JsonObject, { names, report, at }: Place): JsonObject {
  const { inputs, outputs: _, condition, depends_on: __, ...rest } = step;
  const dependsOn = textsAt(step, 'depends_on');
  const place = { names, report, at: [...at, 'inputs'] };
  const when =
    typeof condition === 'string' ? importCondition(condition, { names, report, at: [...at, 'condition'] }) : undefined;
  return {
    ...rest,
    ...(isJsonObject(inputs) ? { input: importValue(inputs, place) } : {}),
    ...(dependsOn.length === 0 ? {} : { depends_on: dependsOn }),
    ...(when === undefined ? {} : { when }),
  };
}

function importValue(value: JsonValue, { names, report, at }: Place): JsonValue {
  if (typeof value === 'string') {
    const translation = translateJinja(value, names.at(at));
    if (translation.ok) return translation.text;
    report.add('CAPSTAN_WORKFLOW_IMPORT', at, { message: `this text cannot be translated: ${translation.message}` });
    return value.replaceAll('${{', '$${{');
  }
  if (Array.isArray(value)) return value.map((item, index) => importValue(item, { names, report, at: [...at, index] }));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      importValue(member ?? null, { names, report, at: [...at, key] }),
    ]),
  );
}

function importCondition(condition: string, { names, report, at }: Place): string | undefined {
  const inner = condition.trim().replace(/^\{\{([\s\S]*)\}\}$/, '$1');
  const translation = translatePython(inner, names.at(at));
  if (translation.ok) return translation.condition;
  report.add('CAPSTAN_WORKFLOW_IMPORT', at, { message: `"${condition}" cannot be translated: ${translation.message}` });
  return undefined;
}

function importOutputs(outputs: JsonObject, { names, report, at }: Place): JsonObject {
  const members = Object.entries(outputs).map(([name, output]) => {
    const source = isJsonObject(output) ? textAt(output, 'source') : undefined;
    const place = { names, report, at: [...at, name] };
    return [name, source === undefined ? null : importValue(`{{${source}}}`, place)] as const;
  });
  return Object.fromEntries(members);
}
