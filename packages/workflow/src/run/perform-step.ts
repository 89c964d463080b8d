import { CapstanError } from '@capstan/sdk';
import { isJsonObject } from '../definition/json.ts';
import type { WorkflowExpression, WorkflowTemplate } from '../definition/workflow-language.ts';
import { performForEach } from './for-each.ts';
import {
  evaluated,
  failedOutcome,
  lateEvent,
  limitOf,
  performOnce,
  type StepRun,
  valueOfTemplate,
  waitFor,
} from './perform-once.ts';
import { expressionError } from './run-error.ts';
import type { StepOutcome } from './step-outcome.ts';

/** Does the work of one step. Never rejects: what fails is its outcome, as `on_error` says. */
export async function performStep(at: StepRun): Promise<StepOutcome> {
  const { step, environment } = at;
  const startedAt = environment.timer.now();
  try {
    if (step.when !== undefined && !isTrue(step.when, at)) {
      return { kind: 'skipped', because: 'condition', startedAt, endedAt: environment.timer.now() };
    }
    if (step.approval !== undefined) await untilApproved(step.approval, at);
    if (step.forEach !== undefined) return await performForEach(step.forEach, at, startedAt);
    return await performOnce(at, { variables: at.variables, key: step.id, startedAt });
  } catch (error) {
    return failedOutcome(at, { error, attempts: 0, startedAt });
  }
}

async function untilApproved(question: WorkflowTemplate, at: StepRun): Promise<void> {
  const { step, variables } = at;
  const asked = valueOfTemplate(question, variables, step.id);
  const wait = {
    kind: 'approval',
    name: step.id,
    question: typeof asked === 'string' ? asked : JSON.stringify(asked),
    ...limitOf(step),
  } as const;
  const answer = await waitFor(at, wait, lateEvent(step));
  if (isJsonObject(answer) && answer.approved === true) return;
  const by = isJsonObject(answer) && typeof answer.by === 'string' ? ` by ${answer.by}` : '';
  throw new CapstanError('CAPSTAN_DENIED', `the step '${step.id}' was not approved${by}`);
}

function isTrue(condition: WorkflowExpression, { variables, step }: StepRun): boolean {
  const value = evaluated(() => condition.evaluate(variables), `the condition of '${step.id}'`);
  if (typeof value === 'boolean') return value;
  throw expressionError(new Error(`it is neither true nor false`), `the condition of '${step.id}'`);
}
