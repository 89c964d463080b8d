import type { JsonObject, WireError } from '@capstan/sdk';
import type { RunSummary, RunView, StepView } from '@capstan/workflow';

/** A run as it stands on the wire. */
export function runJson(view: RunView): JsonObject {
  return {
    ...runSummaryJson(view),
    digest: view.digest,
    durable: view.isDurable,
    inputs: view.inputs,
    output: view.output,
    failed_step: view.failedStep,
    steps: view.steps.map(stepJson),
    compensations: view.compensations.map(({ step, outcome }) => ({ step, state: outcome.kind })),
  };
}

/** A run in a list. Members that are undefined are left out when it is written. */
export function runSummaryJson(run: RunSummary): JsonObject {
  return {
    run_id: run.id,
    workspace: run.workspace,
    tool: run.tool,
    state: run.state,
    attempt: run.attempt,
    principal: run.principalId,
    started_at: timeOf(run.startedAt),
    ended_at: timeOf(run.endedAt),
    error: errorJson(run.error),
  };
}

function stepJson(step: StepView): JsonObject {
  const { wait } = step;
  return {
    id: step.id,
    work: step.work,
    depends_on: step.dependsOn,
    state: step.state,
    started_at: timeOf(step.startedAt),
    ended_at: timeOf(step.endedAt),
    attempts: step.attempts,
    input: step.input,
    result: step.result,
    error: errorJson(step.error),
    fallback: step.fallback,
    ...(wait === undefined
      ? {}
      : { waits_for: { kind: wait.kind, name: wait.name, question: wait.question, until: timeOf(wait.until) } }),
  };
}

function errorJson(error: WireError | undefined): JsonObject | undefined {
  return error === undefined ? undefined : { ...error };
}

function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
