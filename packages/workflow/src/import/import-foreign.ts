import type { JsonValue } from '@capstan/sdk';
import { isJsonObject } from '../definition/json.ts';
import type { Report } from '../definition/report.ts';
import type { ImportedWorkflow } from './imported-workflow.ts';
import { importLesson } from './lesson.ts';
import { importPlaybook } from './playbook.ts';

/** Translates the lesson's form and playbooks; undefined for what is in our own form already. What changed is reported. */
export function importForeign(value: JsonValue, report: Report): ImportedWorkflow | undefined {
  if (Array.isArray(value)) return importLesson({ steps: value }, report, []);
  if (!isJsonObject(value)) return undefined;
  if (value.playbook_code !== undefined) return importPlaybook(value, report);
  const { steps } = value;
  const isLesson = Array.isArray(steps) && steps.some((step) => isJsonObject(step) && step.tool_name !== undefined);
  return isLesson ? importLesson(value, report, ['steps']) : undefined;
}
