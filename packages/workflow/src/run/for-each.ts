import type { JsonValue } from '@capstan/sdk';
import type { ForEach } from '../definition/workflow-definition.ts';
import { performOnce, type StepRun, valueOfTemplate } from './perform-once.ts';
import { expressionError } from './run-error.ts';
import { Slots } from './slots.ts';
import type { StepOutcome } from './step-outcome.ts';

const MAX_ITEMS = 1_000;

/**
 * Runs a step for each item of a list; results in the order of the items.
 *
 * 1. An item that was recorded does not run again.
 * 2. After an item that fails the run, no further one starts; those under way end.
 */
export async function performForEach(forEach: ForEach, at: StepRun, startedAt: number): Promise<StepOutcome> {
  const { step, environment } = at;
  const items = valueOfTemplate(forEach.items, at.variables, step.id);
  if (!Array.isArray(items)) throw expressionError(new Error('it is no list'), `for_each of '${step.id}'`);
  if (items.length > MAX_ITEMS) {
    throw expressionError(
      new Error(`it has ${items.length} items, more than ${MAX_ITEMS}`),
      `for_each of '${step.id}'`,
    );
  }
  const recorded = await environment.journal.items(step.id);
  const slots = new Slots(forEach.maxParallel);
  let isBroken = false;
  const outcomes = await Promise.all(
    items.map((item: JsonValue, index) =>
      slots.use(async (): Promise<StepOutcome> => {
        const known = recorded.get(index);
        if (known !== undefined) return known;
        const itemStartedAt = environment.timer.now();
        const because = at.stopReason() ?? (isBroken ? 'failed' : undefined);
        if (because !== undefined) return { kind: 'not_started', because, endedAt: itemStartedAt };
        const variables = { ...at.variables, item, index };
        const key = `${step.id}:${index}`;
        const outcome = await performOnce(at, { variables, key, startedAt: itemStartedAt });
        if (outcome.kind !== 'not_started' && outcome.kind !== 'cancelled') {
          await environment.journal.recordItem(step.id, index, outcome);
        }
        isBroken ||= isEnd(outcome, at);
        return outcome;
      }),
    ),
  );
  return together(outcomes, at, startedAt);
}

/** Whether the run does not go on after this outcome of an item. */
function isEnd({ kind }: StepOutcome, { step }: StepRun): boolean {
  return kind === 'cancelled' || (kind === 'failed' && step.onError !== 'continue');
}

function together(outcomes: readonly StepOutcome[], at: StepRun, startedAt: number): StepOutcome {
  const end = outcomes.find((outcome) => isEnd(outcome, at)) ?? outcomes.find(({ kind }) => kind === 'not_started');
  const endedAt = at.environment.timer.now();
  const attempts = outcomes.reduce((sum, each) => sum + ('attempts' in each ? each.attempts : 0), 0);
  if (end?.kind === 'not_started') return { ...end, endedAt };
  if (end !== undefined) return { ...end, startedAt, endedAt };
  const result = outcomes.map((outcome) => (outcome.kind === 'succeeded' ? outcome.result : null));
  return { kind: 'succeeded', result, attempts, startedAt, endedAt };
}
