import { type CapstanError, toWireError } from '@capstan/sdk';
import type { WorkflowDefinition, WorkflowStep } from '../definition/workflow-definition.ts';
import { compensate } from './compensate.ts';
import { performStep } from './perform-step.ts';
import { resultsOf, variablesOf } from './run-context.ts';
import type { RunEnvironment, RunStart } from './run-environment.ts';
import { expressionError, overtime } from './run-error.ts';
import { Slots } from './slots.ts';
import type { RunResult, StepOutcome, StopReason } from './step-outcome.ts';

/**
 * Runs a workflow to its end.
 *
 * 1. The journal is asked for every step at once, in the order of the definition, before anything is waited for; then for
 *    what undoes them, one after the other. So the order in which it is asked is the same whenever the run is done again,
 *    however its steps raced: a step waits inside of its own work for those that it depends on.
 * 2. A step starts when all that it depends on is over, and there is a slot for its call. Waits take no slot.
 * 3. After a failure that fails the run no step starts; those under way end, then is undone what succeeded, last first.
 * 4. What the run comes to follows from the recorded outcomes alone.
 */
export async function interpretWorkflow(
  definition: WorkflowDefinition,
  run: RunStart,
  environment: RunEnvironment,
): Promise<RunResult> {
  const interpreter = new Interpreter(definition, run, environment);
  try {
    return await interpreter.result();
  } finally {
    interpreter.dispose();
  }
}

class Interpreter {
  readonly #definition: WorkflowDefinition;
  readonly #run: RunStart;
  readonly #environment: RunEnvironment;
  readonly #slots: Slots;
  readonly #outcomes = new Map<string, StepOutcome>();
  readonly #endings = new Map<string, PromiseWithResolvers<void>>();
  readonly #abort = new AbortController();
  readonly #finished = new AbortController();
  #stop: StopReason | undefined;

  constructor(definition: WorkflowDefinition, run: RunStart, environment: RunEnvironment) {
    this.#definition = definition;
    this.#run = run;
    this.#environment = environment;
    this.#slots = new Slots(definition.maxParallel);
    for (const { id } of definition.steps) this.#endings.set(id, Promise.withResolvers());
    const { cancelled } = environment;
    if (cancelled.aborted) this.#end('cancelled');
    else cancelled.addEventListener('abort', this.#onCancel, { once: true });
    void this.#watchTime();
  }

  dispose(): void {
    this.#environment.cancelled.removeEventListener('abort', this.#onCancel);
    this.#finished.abort();
  }

  async result(): Promise<RunResult> {
    const { journal } = this.#environment;
    await Promise.all(
      this.#definition.steps.map(async (step) => {
        this.#settle(step, await journal.record(step.id, () => this.#perform(step)));
      }),
    );
    const result = this.#conclude();
    if (result.state === 'succeeded') return result;
    return { ...result, compensations: await this.#compensate() };
  }

  readonly #onCancel = (): void => this.#end('cancelled');

  async #watchTime(): Promise<void> {
    const { timeoutMs } = this.#definition;
    if (timeoutMs === undefined) return;
    const { timer } = this.#environment;
    await timer.sleep(this.#run.startedAt + timeoutMs - timer.now(), this.#finished.signal);
    if (!this.#finished.signal.aborted) this.#end('deadline');
  }

  #end(reason: StopReason): void {
    this.#stop ??= reason;
    this.#abort.abort();
  }

  async #perform(step: WorkflowStep): Promise<StepOutcome> {
    const given = this.#run.given[step.id];
    if (given !== undefined) return given;
    await Promise.all(step.dependsOn.map((id) => this.#endings.get(id)?.promise));
    const { timer, onChange } = this.#environment;
    if (this.#stop !== undefined) return { kind: 'not_started', because: this.#stop, endedAt: timer.now() };
    onChange({ kind: 'started', step: step.id, at: timer.now() });
    return performStep({
      step,
      run: this.#run,
      environment: this.#environment,
      variables: variablesOf(this.#run, this.#outcomes),
      slots: this.#slots,
      signal: this.#abort.signal,
      stopReason: () => this.#stop,
    });
  }

  #settle(step: WorkflowStep, outcome: StepOutcome): void {
    this.#outcomes.set(step.id, outcome);
    if (isFatal(step, outcome)) this.#stop ??= 'failed';
    this.#environment.onChange({ kind: 'ended', step: step.id, outcome });
    this.#endings.get(step.id)?.resolve();
  }

  #overtime(): CapstanError {
    return overtime('the run', this.#definition.timeoutMs);
  }

  #conclude(): RunResult {
    const compensations: [] = [];
    const outcomes = this.#definition.steps.map((step) => ({ step, outcome: this.#outcomes.get(step.id) }));
    for (const { step, outcome } of outcomes) {
      if (outcome?.kind === 'failed' && isFatal(step, outcome)) {
        return { state: 'failed', step: step.id, error: outcome.error, compensations };
      }
    }
    const reason = outcomes.map(({ outcome }) => stopReasonOf(outcome)).find((each) => each !== undefined);
    if (reason === undefined) return this.#output();
    if (reason === 'deadline') return { state: 'failed', error: toWireError(this.#overtime()), compensations };
    return { state: 'cancelled', compensations };
  }

  #output(): RunResult {
    const { output } = this.#definition;
    if (output === undefined) return { state: 'succeeded', output: resultsOf(this.#outcomes) };
    try {
      return { state: 'succeeded', output: output.evaluate(variablesOf(this.#run, this.#outcomes)) };
    } catch (error) {
      return { state: 'failed', error: toWireError(expressionError(error, 'the output')), compensations: [] };
    }
  }

  #compensate(): ReturnType<typeof compensate> {
    return compensate({
      steps: this.#definition.steps,
      outcomes: this.#outcomes,
      run: this.#run,
      environment: this.#environment,
    });
  }
}

function stopReasonOf(outcome: StepOutcome | undefined): StopReason | undefined {
  return outcome?.kind === 'cancelled' || outcome?.kind === 'not_started' ? outcome.because : undefined;
}

/** Whether a run does not go on after this outcome. */
function isFatal({ onError }: WorkflowStep, { kind }: StepOutcome): boolean {
  return kind === 'failed' && onError !== 'continue';
}
