import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatDiagnostic } from '@capstan/schema';
import { formatPlan, planAsMermaid, planWorkflow, readWorkflowText, type WorkflowReading } from '@capstan/workflow';
import { diagnosticJson } from '../backend/to-json.ts';
import type { CliIo } from '../cli-io.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK, exitCodeOf } from '../exit-code.ts';
import { usageError } from '../failure-report.ts';
import { plainText } from '../output/display-text.ts';

/** `capstan workflow plan`: the findings belong to its result, so they go to stdout. */
export async function planWorkflowFile(
  { io, printer }: CommandContext,
  file: string,
  { mermaid = false }: { readonly mermaid?: boolean },
): Promise<number> {
  const reading = readWorkflowText({ path: file, text: readText(io, file) });
  if (printer.format === 'json') printer.json(planJson(reading));
  else printer.text(planText(reading, mermaid));
  return reading.definition === undefined ? exitCodeOf('CAPSTAN_INVALID_REQUEST') : EXIT_OK;
}

function readText(io: CliIo, file: string): string {
  try {
    return readFileSync(resolve(io.cwd, file), 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw usageError(`cannot read ${file}: ${reason}`, 'Give the path of a workflow in YAML or JSON.');
  }
}

function planText({ definition, diagnostics }: WorkflowReading, mermaid: boolean): string {
  const findings = diagnostics.map((diagnostic) => plainText(formatDiagnostic(diagnostic)));
  if (definition === undefined) return findings.join('\n\n');
  const plan = planWorkflow(definition);
  // A flowchart is made to be put into a page: nothing else goes with it.
  if (mermaid) return plainText(planAsMermaid(plan));
  return [...findings, plainText(formatPlan(plan))].join('\n\n');
}

function planJson({ definition, diagnostics }: WorkflowReading): object {
  const levels = definition === undefined ? [] : planWorkflow(definition).levels;
  return {
    valid: definition !== undefined,
    levels: levels.map((steps) => steps.map(({ id, dependsOn }) => ({ id, depends_on: dependsOn }))),
    diagnostics: diagnostics.map(diagnosticJson),
  };
}
