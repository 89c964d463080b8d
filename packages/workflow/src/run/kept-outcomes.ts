import { CapstanError } from '@capstan/sdk';
import type { WorkflowDefinition } from '../definition/workflow-definition.ts';
import type { RunResult, StepOutcome } from './step-outcome.ts';

type Outcomes = Readonly<Record<string, StepOutcome>>;

/** What a run that goes on keeps: what succeeded, and what a condition skipped. @throws CapstanError where it cannot go on. */
export function keptByResume(result: RunResult | undefined, outcomes: ReadonlyMap<string, StepOutcome>): Outcomes {
  if (result === undefined) throw conflict('the run goes on already');
  if (result.state === 'succeeded') throw conflict('the run has succeeded already');
  const isUndone = result.compensations.some(({ outcome }) => outcome.kind === 'succeeded');
  if (isUndone) throw conflict('what the run did was undone', 'Start it anew, or fork it from an early step.');
  return Object.fromEntries(Array.from(outcomes).filter(([, outcome]) => isDone(outcome)));
}

/** What a fork keeps: what is done, but for a step and those that depend on it. @throws CapstanError for an unknown step. */
export function keptByFork(
  definition: WorkflowDefinition,
  fromStep: string,
  outcomes: ReadonlyMap<string, StepOutcome>,
): Outcomes {
  if (!definition.steps.some(({ id }) => id === fromStep)) {
    throw new CapstanError('CAPSTAN_NOT_FOUND', `the workflow has no step '${fromStep}'`, {
      hint: `It has ${definition.steps.map(({ id }) => id).join(', ')}.`,
    });
  }
  const again = new Set([fromStep]);
  // Steps stand after those that they depend on.
  for (const { id, dependsOn } of definition.steps) if (dependsOn.some((each) => again.has(each))) again.add(id);
  return Object.fromEntries(Array.from(outcomes).filter(([id, outcome]) => !again.has(id) && isDone(outcome)));
}

function isDone(outcome: StepOutcome): boolean {
  return outcome.kind === 'succeeded' || (outcome.kind === 'skipped' && outcome.because === 'condition');
}

function conflict(message: string, hint?: string): CapstanError {
  return new CapstanError('CAPSTAN_CONFLICT', message, hint === undefined ? {} : { hint });
}
