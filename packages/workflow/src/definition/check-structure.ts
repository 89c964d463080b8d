import { type CompiledSchema, compileSchema, pointerPath, type SchemaProblem } from '@capstan/schema';
import type { JsonObject } from '@capstan/sdk';
import type { WorkflowDiagnosticCode } from './diagnostic-codes.ts';
import type { Report } from './report.ts';
import { WORKFLOW_SCHEMA } from './workflow-schema.ts';

let compiled: CompiledSchema | undefined;

/** The workflow's own schema, compiled once. */
function workflowSchema(): CompiledSchema {
  if (compiled) return compiled;
  const compilation = compileSchema(WORKFLOW_SCHEMA, { origin: 'own' });
  if (!compilation.ok) throw new Error(`the schema of workflows: ${JSON.stringify(compilation.problems)}`);
  compiled = compilation.schema;
  return compiled;
}

/** Checks a workflow of our own form against the published schema. @returns Whether it has the structure of one. */
export function checkStructure(workflow: JsonObject, report: Report): boolean {
  const problems = workflowSchema().problems(workflow, Number.POSITIVE_INFINITY);
  for (const problem of problems) {
    const path = pointerPath(problem.pointer);
    const isUnknown = problem.keyword === 'additionalProperties' && problem.property !== undefined;
    report.add(codeOf(problem), isUnknown ? [...path, problem.property] : path, {
      message: problem.message.replace('the value lacks the property', 'a workflow lacks the key'),
      hint: problem.hint,
      ...(problem.keyword === 'required' || isUnknown ? { part: 'key' } : {}),
    });
  }
  return problems.length === 0;
}

function codeOf({ keyword }: SchemaProblem): WorkflowDiagnosticCode {
  if (keyword === 'required') return 'CAPSTAN_WORKFLOW_MISSING_KEY';
  return keyword === 'additionalProperties' ? 'CAPSTAN_WORKFLOW_UNKNOWN_KEY' : 'CAPSTAN_WORKFLOW_VALUE';
}
