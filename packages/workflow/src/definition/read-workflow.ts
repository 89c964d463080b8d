import { type Diagnostic, type DocumentPath, readYaml } from '@capstan/schema';
import type { JsonObject, JsonSchema, JsonValue } from '@capstan/sdk';
import { importForeign } from '../import/import-foreign.ts';
import { checkStructure } from './check-structure.ts';
import { checkTools, type KnownTools } from './check-tools.ts';
import { digestOf } from './digest.ts';
import { isJsonObject, numberAt, objectAt, textAt } from './json.ts';
import { orderSteps } from './order-steps.ts';
import { readInputs } from './read-inputs.ts';
import { readStep } from './read-step.ts';
import { type PlacedDocument, Report } from './report.ts';
import { StepReader } from './step-reader.ts';
import type { WorkflowDefinition } from './workflow-definition.ts';

const DEFAULT_MAX_PARALLEL = 5;

/** How a workflow is read. */
export interface ReadWorkflowOptions {
  /** The tools that its steps may call; without it they are not checked. */
  readonly tools?: KnownTools;
  /** The schema of the inputs, where the workflow itself declares none: that of the tool whose backend it is. */
  readonly inputSchema?: JsonSchema;
}

/** A workflow, or why it is none; with all that was found on the way. */
export interface WorkflowReading {
  /** Absent where a diagnostic is an error. */
  readonly definition?: WorkflowDefinition;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a workflow from YAML or JSON: our own form, the lesson's, or a playbook. Never throws. */
export function readWorkflowText(
  { path, text }: { readonly path: string; readonly text: string },
  options: ReadWorkflowOptions = {},
): WorkflowReading {
  const reading = readYaml(text, { path, codePrefix: 'CAPSTAN_WORKFLOW' });
  const report = new Report(reading);
  report.adopt(reading.diagnostics);
  if (reading.value === undefined) return { diagnostics: report.finish() };
  // What readYaml gives is plain JSON data.
  return readFrom(reading.value as JsonValue, reading, { report, options });
}

/** Reads a workflow that is at hand as data, such as a `workflow:` backend. `document` knows where its parts stand. */
export function readWorkflow(
  value: JsonValue,
  document: PlacedDocument,
  options: ReadWorkflowOptions = {},
): WorkflowReading {
  return readFrom(value, document, { report: new Report(document), options });
}

interface Reading {
  readonly report: Report;
  readonly options: ReadWorkflowOptions;
}

function readFrom(value: JsonValue, document: PlacedDocument, { report, options }: Reading): WorkflowReading {
  const imported = importForeign(value, report);
  const source = imported?.source ?? value;
  const inner = imported === undefined ? report : new Report(translated(document, imported.origin));
  const definition = isJsonObject(source) ? definitionOf(source, { report: inner, options }) : undefined;
  if (!isJsonObject(source)) {
    inner.add('CAPSTAN_WORKFLOW_NOT_A_WORKFLOW', [], {
      message: 'this is no workflow: it has no steps',
      hint: 'A workflow starts with "steps:"; each step has an id and a tool.',
    });
  }
  const diagnostics = inner === report ? report.finish() : [...report.finish(), ...inner.finish()];
  const isBroken = diagnostics.some(({ severity }) => severity === 'error');
  return definition === undefined || isBroken ? { diagnostics } : { definition, diagnostics };
}

/** What was imported stands elsewhere than in our own form. */
function translated(document: PlacedDocument, origin: (path: DocumentPath) => DocumentPath): PlacedDocument {
  return {
    locate: (path, part) => document.locate(origin(path), part),
    ...(document.frame === undefined ? {} : { frame: document.frame }),
  };
}

function definitionOf(source: JsonObject, { report, options }: Reading): WorkflowDefinition | undefined {
  if (!checkStructure(source, report)) return undefined;
  const inputs = readInputs(source, options.inputSchema, report);
  const reader = new StepReader(source, inputs.names, report);
  const written = reader.stepSources.map((step, index) => readStep(step, ['steps', index], reader));
  const output = source.output === undefined ? undefined : reader.template(source.output, ['output'], {});
  const steps = orderSteps(written, report);
  if (options.tools !== undefined) checkTools(written, options.tools, report);
  if (steps === undefined || report.hasErrors) return undefined;
  const timeoutMs = numberAt(source, 'timeout_ms');
  const schedule = objectAt(source, 'schedule');
  const cron = schedule === undefined ? undefined : textAt(schedule, 'cron');
  return {
    description: textAt(source, 'description') ?? '',
    inputSchema: inputs.schema,
    inputDefaults: inputs.defaults,
    steps,
    maxParallel: numberAt(source, 'max_parallel') ?? DEFAULT_MAX_PARALLEL,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(output === undefined ? {} : { output }),
    ...(schedule === undefined || cron === undefined
      ? {}
      : { schedule: { cron, inputs: objectAt(schedule, 'inputs') ?? {} } }),
    source,
    digest: digestOf(source),
  };
}
