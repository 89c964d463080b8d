import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { WorkflowDefinition } from '../definition/workflow-definition.ts';
import type { WorkflowVariables } from '../definition/workflow-language.ts';
import type { RunStart } from './run-environment.ts';
import type { StepOutcome } from './step-outcome.ts';

/** What expressions see of a run. */
export function variablesOf(run: RunStart, outcomes: ReadonlyMap<string, StepOutcome>): WorkflowVariables {
  const steps = Object.fromEntries(Array.from(outcomes, ([id, outcome]) => [id, stepVariable(outcome)]));
  return {
    inputs: run.inputs,
    steps,
    run: { id: run.runId, workspace: run.workspace, principal: run.principal.id },
    item: null,
    index: 0,
  };
}

function stepVariable(outcome: StepOutcome): JsonObject {
  const error = outcome.kind === 'failed' ? { code: outcome.error.code, message: outcome.error.message } : null;
  return { status: outcome.kind, result: outcome.kind === 'succeeded' ? outcome.result : null, error };
}

/** The inputs of a run: those that were given, and the defaults of the others. */
export function inputsOf({ inputDefaults }: WorkflowDefinition, given: JsonObject): JsonObject {
  return { ...inputDefaults, ...given };
}

/** What a run gives that says nothing of its output: the results of its steps. */
export function resultsOf(outcomes: ReadonlyMap<string, StepOutcome>): JsonValue {
  return Object.fromEntries(
    Array.from(outcomes, ([id, outcome]) => [id, outcome.kind === 'succeeded' ? outcome.result : null]),
  );
}
