import type { DocumentPath } from '@capstan/schema';
import type { JsonObject, JsonValue } from '@capstan/sdk';
import { isJsonObject, objectsAt, textAt, textsAt } from '../definition/json.ts';
import type { Report } from '../definition/report.ts';
import type { ImportedWorkflow } from './imported-workflow.ts';
import { translatePython } from './python-expression.ts';

const KEYS: Readonly<Record<string, string>> = { tool: 'tool_name', input: 'arguments', when: 'condition' };

/**
 * The lesson's form: `tool_name`, `arguments`, `depends_on`, `condition`. Steps are called `step_0` and so on; an argument
 * that is the name of a step is its result.
 */
export function importLesson(source: JsonObject, report: Report, at: DocumentPath): ImportedWorkflow {
  const written = objectsAt(source, 'steps');
  const ids = written.map((step, index) => textAt(step, 'id') ?? `step_${index}`);
  const steps = written.map((step, index) =>
    importStep(step, { id: ids[index] ?? '', ids, report, at: [...at, index] }),
  );
  report.add('CAPSTAN_WORKFLOW_IMPORTED', [], {
    message: `read ${steps.length} steps with tool_name and arguments as a workflow`,
  });
  const { steps: _, ...rest } = source;
  return {
    source: { ...rest, steps },
    origin: ([first, index, key, ...path]) => {
      if (first !== 'steps') return [...(first === undefined ? [] : [first])];
      if (index === undefined) return at;
      return [...at, index, ...(key === undefined ? [] : [KEYS[String(key)] ?? key]), ...path];
    },
  };
}

interface Place {
  readonly id: string;
  readonly ids: readonly string[];
  readonly report: Report;
  readonly at: DocumentPath;
}

function importStep(step: JsonObject, place: Place): JsonObject {
  const { tool_name: tool, arguments: input, condition, depends_on: _, ...rest } = step;
  const dependsOn = textsAt(step, 'depends_on');
  const when = typeof condition === 'string' ? importCondition(condition, place) : undefined;
  return {
    ...rest,
    id: place.id,
    ...(tool === undefined ? {} : { tool }),
    ...(input === undefined ? {} : { input: withReferences(input, place.ids) }),
    ...(dependsOn.length === 0 ? {} : { depends_on: dependsOn }),
    ...(when === undefined ? {} : { when }),
  };
}

function withReferences(value: JsonValue, ids: readonly string[]): JsonValue {
  if (typeof value === 'string') return ids.includes(value) ? `\${{ steps.${value}.result }}` : value;
  if (Array.isArray(value)) return value.map((item) => withReferences(item, ids));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withReferences(member ?? null, ids)]));
}

function importCondition(condition: string, { ids, report, at }: Place): string | undefined {
  const translation = translatePython(condition, {
    resolve: ([first, ...members]) =>
      first !== undefined && ids.includes(first) ? ['steps', first, 'result', ...members] : undefined,
  });
  if (translation.ok) return translation.condition;
  report.add('CAPSTAN_WORKFLOW_IMPORT', [...at, 'condition'], {
    message: `"${condition}" cannot be translated: ${translation.message}`,
    hint: 'Write the condition in CEL under "when:".',
  });
  return undefined;
}
