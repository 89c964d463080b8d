import { CapstanError } from '@capstan/sdk';
import { isJsonObject } from '../definition/json.ts';
import type { Compensation, StepRetry, WorkflowStep } from '../definition/workflow-definition.ts';
import { callStep } from './call-step.ts';
import { valueOfTemplate } from './perform-once.ts';
import { variablesOf } from './run-context.ts';
import type { RunEnvironment, RunStart } from './run-environment.ts';
import { runError } from './run-error.ts';
import type { CompensationOutcome, StepOutcome } from './step-outcome.ts';

/** A step that stays done is worse than one that takes a while to undo. */
const RETRY: StepRetry = { maxRetries: 5, baseMs: 250, maxMs: 10_000 };

/** A run that has to be undone. */
export interface Undoing {
  readonly steps: readonly WorkflowStep[];
  readonly outcomes: ReadonlyMap<string, StepOutcome>;
  readonly run: RunStart;
  readonly environment: RunEnvironment;
}

/** Undoes what succeeded, the last first. One that cannot be undone does not keep the others from it. */
export async function compensate(undoing: Undoing): Promise<readonly CompensationOutcome[]> {
  const done: CompensationOutcome[] = [];
  for (const step of lastFirst(undoing)) {
    const { compensate: compensation } = step;
    if (compensation === undefined) continue;
    const outcome = await undoing.environment.journal.record(`${step.id}:compensate`, () =>
      undo(step, compensation, undoing),
    );
    done.push({ step: step.id, outcome });
  }
  return done;
}

/** In the order in which they were recorded to have ended, which is the same whenever the run is done again. */
function lastFirst({ steps, outcomes }: Undoing): readonly WorkflowStep[] {
  const ended = (step: WorkflowStep): number => {
    const outcome = outcomes.get(step.id);
    return outcome?.kind === 'succeeded' ? outcome.endedAt : Number.NaN;
  };
  return steps
    .filter((step) => !Number.isNaN(ended(step)))
    .toReversed()
    .toSorted((a, b) => ended(b) - ended(a));
}

async function undo(step: WorkflowStep, { tool, input }: Compensation, undoing: Undoing): Promise<StepOutcome> {
  const { run, environment, outcomes } = undoing;
  const { timer } = environment;
  const startedAt = timer.now();
  try {
    const value = valueOfTemplate(input, variablesOf(run, outcomes), step.id);
    if (!isJsonObject(value)) throw new CapstanError('CAPSTAN_WORKFLOW_EXPRESSION', 'the input is no object');
    const end = await callStep(
      {
        run,
        step: step.id,
        tool,
        input: value,
        idempotencyKey: `${run.runId}:${step.id}:compensate`,
        retry: RETRY,
        signal: new AbortController().signal,
      },
      environment,
    );
    const { attempts } = end;
    if (end.ok) return { kind: 'succeeded', result: end.result, attempts, startedAt, endedAt: timer.now() };
    return { kind: 'failed', error: runError(end.error, step.id), attempts, startedAt, endedAt: timer.now() };
  } catch (error) {
    return { kind: 'failed', error: runError(error, step.id), attempts: 0, startedAt, endedAt: timer.now() };
  }
}
