import { CapstanError, type JsonObject, type JsonValue } from '@capstan/sdk';
import { isJsonObject } from '../definition/json.ts';
import type { WorkflowStep } from '../definition/workflow-definition.ts';
import type { WorkflowTemplate, WorkflowVariables } from '../definition/workflow-language.ts';
import { type CallEnd, callStep } from './call-step.ts';
import type { RunEnvironment, RunStart, WaitEnd, WaitRequest } from './run-environment.ts';
import { expressionError, overtime, runError } from './run-error.ts';
import type { Slots } from './slots.ts';
import type { StepOutcome, StopReason } from './step-outcome.ts';

/** One step at work. */
export interface StepRun {
  readonly step: WorkflowStep;
  readonly run: RunStart;
  readonly environment: RunEnvironment;
  readonly variables: WorkflowVariables;
  readonly slots: Slots;
  /** Aborted when the run is cancelled or out of time: it ends calls under way. */
  readonly signal: AbortSignal;
  /** Why the run does not go on; undefined as long as it does. Nothing new is started when there is a reason. */
  readonly stopReason: () => StopReason | undefined;
}

/** One execution of a step: the only one, or that of an item. */
export interface Execution {
  readonly variables: WorkflowVariables;
  /** Names it within the run: the step, and the index of the item. */
  readonly key: string;
  readonly startedAt: number;
}

/** Executes a step once. */
export async function performOnce(at: StepRun, execution: Execution): Promise<StepOutcome> {
  const { step, environment } = at;
  const { startedAt, variables } = execution;
  const { action } = step;
  const ended = (result: JsonValue, attempts: number): StepOutcome => ({
    kind: 'succeeded',
    result,
    attempts,
    startedAt,
    endedAt: environment.timer.now(),
  });
  try {
    switch (action.kind) {
      case 'tool':
        return await performCall(at, execution);
      case 'delay': {
        const delayMs = Number(valueOfTemplate(action.delayMs, variables, step.id));
        if (!(delayMs >= 0)) throw expressionError(new Error(`${delayMs} is no time`), `delay_ms of '${step.id}'`);
        await waitFor(at, { kind: 'delay', name: execution.key, timeoutMs: delayMs }, () => undefined);
        return ended(null, 0);
      }
      case 'event':
        return ended(await waitFor(at, { kind: 'event', name: action.name, ...limitOf(step) }, lateEvent(step)), 0);
      case 'approval':
        return ended(null, 0);
    }
  } catch (error) {
    return failedOutcome(at, { error, attempts: 0, startedAt });
  }
}

async function performCall(at: StepRun, execution: Execution): Promise<StepOutcome> {
  const { step, environment } = at;
  const { action, fallback } = step;
  if (action.kind !== 'tool') throw new Error('only a tool is called');
  const input = valueOfTemplate(action.input, execution.variables, step.id);
  if (!isJsonObject(input)) throw expressionError(new Error('it is no object'), `the input of '${step.id}'`);
  const end = await callInSlot(at, { ...action, input, key: execution.key });
  const { startedAt } = execution;
  if (end === undefined) return stoppedOutcome(at);
  const { attempts } = end;
  if (end.ok) {
    return { kind: 'succeeded', result: end.result, attempts, startedAt, endedAt: environment.timer.now() };
  }
  if (fallback === undefined || step.onError !== 'fallback' || at.signal.aborted) {
    return failedOutcome(at, { error: end.error, attempts, startedAt });
  }
  const other = await callInSlot(at, { tool: fallback, input, key: `${execution.key}:fallback` });
  if (other?.ok !== true) return failedOutcome(at, { error: end.error, attempts, startedAt });
  const endedAt = environment.timer.now();
  return { kind: 'succeeded', result: other.result, attempts, startedAt, endedAt, fallback };
}

interface Call {
  readonly tool: string;
  readonly connection?: string;
  readonly input: JsonObject;
  readonly key: string;
}

/** Undefined where the run stopped before there was a slot. */
function callInSlot(at: StepRun, { tool, connection, input, key }: Call): Promise<CallEnd | undefined> {
  const { step, run, environment, signal } = at;
  return at.slots.use(async () => {
    if (at.stopReason() !== undefined) return undefined;
    const planned = {
      run,
      step: step.id,
      tool,
      input,
      ...(connection === undefined ? {} : { connection }),
      idempotencyKey: `${run.runId}:${key}`,
      retry: step.retry,
      ...limitOf(step),
      signal,
    };
    return callStep(planned, environment);
  });
}

/** The time limit of a step, where it has one. */
export function limitOf({ timeoutMs }: WorkflowStep): { readonly timeoutMs?: number } {
  return timeoutMs === undefined ? {} : { timeoutMs };
}

/** What a wait that took too long comes to. */
export function lateEvent({ id, timeoutMs }: WorkflowStep): () => CapstanError {
  return () => overtime(`the wait of the step '${id}'`, timeoutMs);
}

/** @throws CapstanError where it takes too long, as `late` says, or the run stops. */
export async function waitFor(
  at: StepRun,
  wait: Omit<WaitRequest, 'step'>,
  late: () => CapstanError | undefined,
): Promise<JsonValue> {
  const { step, environment, signal } = at;
  const request: WaitRequest = { ...wait, step: step.id };
  environment.onChange({ kind: 'waiting', step: step.id, at: environment.timer.now(), wait: request });
  const end: WaitEnd = await environment.journal.wait(request, signal);
  if (end.kind === 'delivered') return end.payload;
  if (end.kind === 'stopped') throw new CapstanError('CAPSTAN_CANCELLED', 'the run was stopped');
  const error = late();
  if (error !== undefined) throw error;
  return null;
}

/** @throws CapstanError CAPSTAN_WORKFLOW_EXPRESSION */
export function valueOfTemplate(template: WorkflowTemplate, variables: WorkflowVariables, step: string): JsonValue {
  return evaluated(() => template.evaluate(variables), `the step '${step}'`);
}

/** @throws CapstanError CAPSTAN_WORKFLOW_EXPRESSION */
export function evaluated(evaluate: () => JsonValue, what: string): JsonValue {
  try {
    return evaluate();
  } catch (error) {
    throw expressionError(error, what);
  }
}

interface Failure {
  readonly error: unknown;
  readonly attempts: number;
  readonly startedAt: number;
}

/** What a failure counts as: what the step says, unless the run itself was stopped. */
export function failedOutcome(at: StepRun, { error, attempts, startedAt }: Failure): StepOutcome {
  const { step, environment, signal } = at;
  const endedAt = environment.timer.now();
  if (signal.aborted) return { kind: 'cancelled', because: at.stopReason() ?? 'cancelled', startedAt, endedAt };
  const wire = runError(error, step.id);
  if (step.onError === 'skip') return { kind: 'skipped', because: 'error', error: wire, startedAt, endedAt };
  return { kind: 'failed', error: wire, attempts, startedAt, endedAt };
}

function stoppedOutcome(at: StepRun): StepOutcome {
  return { kind: 'not_started', because: at.stopReason() ?? 'failed', endedAt: at.environment.timer.now() };
}
