import { CapstanError, type JsonObject, type JsonValue } from '@capstan/sdk';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readWorkflow } from '../definition/read-workflow.ts';
import type { WorkflowDefinition } from '../definition/workflow-definition.ts';
import { interpretWorkflow } from './interpret-workflow.ts';
import type { RunJournal, RunStart, Timer, ToolCall } from './run-environment.ts';
import type { RunResult, StepOutcome } from './step-outcome.ts';

/** A step of a random workflow: what it depends on, and what its tool does. */
interface RandomStep {
  readonly after: readonly number[];
  readonly fails: boolean;
  readonly onError: 'fail' | 'skip' | 'continue' | 'fallback';
  readonly when: boolean | undefined;
  readonly latency: number;
}

const MAX_STEPS = 50;

const randomStep = (index: number): fc.Arbitrary<RandomStep> =>
  fc.record({
    after: index === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(index - 1), { maxLength: 3 }),
    fails: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    onError: fc.constantFrom('fail', 'skip', 'continue', 'continue', 'skip', 'fallback'),
    when: fc.constantFrom(undefined, undefined, undefined, true, false),
    latency: fc.nat(5),
  });

const randomWorkflow = fc
  .integer({ min: 1, max: MAX_STEPS })
  .chain((size) => fc.tuple(...Array.from({ length: size }, (_, index) => randomStep(index))));

function sourceOf(steps: readonly RandomStep[]): JsonValue {
  return {
    max_parallel: 4,
    steps: steps.map(({ after, onError, when }, index) => ({
      id: `s${index}`,
      tool: 'work',
      input: { n: index, sum: after.map((each) => `\${{ steps.s${each}.result }}`) },
      on_error: onError,
      ...(onError === 'fallback' ? { fallback: 'other' } : {}),
      ...(when === undefined ? {} : { when: String(when) }),
    })),
  };
}

/** What a tool gives for its input: the same wherever and whenever it is called. */
function workOn(input: JsonObject): number {
  const sum = Array.isArray(input.sum) ? input.sum : [];
  return sum.reduce((total: number, each) => total + (typeof each === 'number' ? each : 1), Number(input.n));
}

/** The oracle: one step after the other, by the words of the format's description alone. */
function oracle(steps: readonly RandomStep[]): { readonly fails: boolean; readonly output: JsonValue } {
  const results: (number | null)[] = [];
  let fails = false;
  for (const [index, { after, fails: breaks, onError, when }] of steps.entries()) {
    const value = workOn({ n: index, sum: after.map((each) => results[each] ?? null) });
    if (when === false) results.push(null);
    else if (!breaks) results.push(value);
    else if (onError === 'fallback') results.push(value * 2);
    else results.push(null);
    fails ||= when !== false && breaks && onError === 'fail';
  }
  return { fails, output: Object.fromEntries(results.map((value, index) => [`s${index}`, value])) };
}

/** Records like a database, and dies after so many records: what was not recorded by then is lost. */
class MortalJournal implements RunJournal {
  readonly recorded: Map<string, StepOutcome>;
  readonly asked: string[] = [];
  readonly died: PromiseWithResolvers<void> = Promise.withResolvers();
  #left: number;

  constructor(recorded: ReadonlyMap<string, StepOutcome>, lives: number) {
    this.recorded = new Map(recorded);
    this.#left = lives;
  }

  async record(key: string, work: () => Promise<StepOutcome>): Promise<StepOutcome> {
    this.asked.push(key);
    const known = this.recorded.get(key);
    if (known !== undefined) return known;
    const outcome = await work();
    if (this.#left === 0) {
      this.died.resolve();
      return new Promise(() => {});
    }
    this.#left -= 1;
    // What a database gives back was written as JSON.
    const written = JSON.parse(JSON.stringify(outcome)) as StepOutcome;
    this.recorded.set(key, written);
    return written;
  }

  async items(): Promise<ReadonlyMap<number, StepOutcome>> {
    return new Map();
  }

  async recordItem(): Promise<void> {}

  async wait(): Promise<{ readonly kind: 'elapsed' }> {
    return { kind: 'elapsed' };
  }

  async mayCall(): Promise<void> {}
}

const run: RunStart = {
  runId: 'run_1',
  workspace: 'default',
  principal: { id: 'user:a', roles: [], permissions: [] },
  inputs: {},
  startedAt: 0,
  given: {},
  depth: 0,
};
let tick = 0;
const timer: Timer = { now: () => (tick += 1), sleep: async () => {} };

interface Life {
  readonly journal: MortalJournal;
  readonly result: RunResult | 'died';
}

async function live(
  definition: WorkflowDefinition,
  steps: readonly RandomStep[],
  journal: MortalJournal,
): Promise<Life> {
  const call = async ({ tool, arguments: input }: ToolCall) => {
    const step = steps[Number(input.n)];
    // A few turns of the loop, so that steps end in another order than they began.
    for (let turn = 0; turn < (step?.latency ?? 0); turn += 1) await new Promise(setImmediate);
    const executionId = 'exe_1';
    if (tool === 'work' && step?.fails) {
      return { status: 'failed', executionId, error: new CapstanError('CAPSTAN_REMOTE_REFUSED', 'no') } as const;
    }
    const value = tool === 'other' ? workOn(input) * 2 : workOn(input);
    return { status: 'succeeded', executionId, result: { value } } as const;
  };
  const ended = interpretWorkflow(definition, run, {
    call,
    timer,
    random: () => 0,
    journal,
    cancelled: new AbortController().signal,
    onChange: () => {},
  });
  return { journal, result: await Promise.race([ended, journal.died.promise.then(() => 'died' as const)]) };
}

test('random workflows, killed after any record and done again, come to what the oracle says, in one order of asking', async () => {
  await fc.assert(
    fc.asyncProperty(randomWorkflow, fc.array(fc.nat(12), { maxLength: 6 }), async (steps, deaths) => {
      const place = { path: 'w', line: 1, column: 1 };
      const { definition } = readWorkflow(sourceOf(steps), { locate: () => place });
      if (definition === undefined) throw new Error('the random workflow is none');
      const expected = oracle(steps);
      let recorded: ReadonlyMap<string, StepOutcome> = new Map();
      const order = definition.steps.map(({ id }) => id);
      for (const lives of [...deaths, Number.POSITIVE_INFINITY]) {
        const { journal, result } = await live(definition, steps, new MortalJournal(recorded, lives));
        expect(journal.asked).toEqual(order);
        recorded = journal.recorded;
        if (result === 'died') continue;
        if (expected.fails) expect(result.state).toBe('failed');
        else expect(result).toEqual({ state: 'succeeded', output: expected.output });
      }
    }),
    { numRuns: 150 },
  );
});

test('a run of one step after the other, killed between any two of them, does each step that was recorded once', async () => {
  const steps: readonly RandomStep[] = Array.from({ length: 10 }, (_, index) => ({
    after: index === 0 ? [] : [index - 1],
    fails: false,
    onError: 'fail',
    when: undefined,
    latency: 1,
  }));
  const place = { path: 'w', line: 1, column: 1 };
  const { definition } = readWorkflow(sourceOf(steps), { locate: () => place });
  if (definition === undefined) throw new Error('no definition');
  for (let lives = 0; lives <= steps.length; lives += 1) {
    const first = await live(definition, steps, new MortalJournal(new Map(), lives));
    expect(first.journal.recorded.size).toBe(lives);
    const again = new MortalJournal(first.journal.recorded, Number.POSITIVE_INFINITY);
    const { result } = await live(definition, steps, again);
    expect(result).toEqual({ state: 'succeeded', output: oracle(steps).output });
  }
});
