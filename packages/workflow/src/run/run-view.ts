import type { JsonObject, JsonValue, WireError } from '@capstan/sdk';
import type { WorkflowDefinition, WorkflowStep } from '../definition/workflow-definition.ts';
import { valueOfTemplate } from './perform-once.ts';
import { variablesOf } from './run-context.ts';
import type { RunStart, WaitRequest } from './run-environment.ts';
import type { CompensationOutcome, RunResult, StepOutcome } from './step-outcome.ts';

/** The states of a run. */
export const RUN_STATES = ['running', 'succeeded', 'failed', 'cancelled'] as const;
/** A state of a run. */
export type RunState = (typeof RUN_STATES)[number];

/** What a run waits for, as it is seen from outside. */
export interface WaitView {
  readonly kind: WaitRequest['kind'];
  readonly name: string;
  readonly question?: string;
  /** When it is over, in ms since the epoch. */
  readonly until?: number;
}

/** One step of a run. */
export interface StepView {
  readonly id: string;
  /** The tool, or what it waits for. */
  readonly work: string;
  readonly dependsOn: readonly string[];
  readonly state: StepOutcome['kind'] | 'pending' | 'running' | 'waiting';
  /** Ms since the epoch. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly attempts?: number;
  readonly input?: JsonValue;
  readonly result?: JsonValue;
  readonly error?: WireError;
  readonly fallback?: string;
  readonly wait?: WaitView;
}

/** A run as it stands. Inputs and results are as they are: who shows them redacts. */
export interface RunView {
  readonly id: string;
  readonly workspace: string;
  readonly tool?: string;
  readonly digest: string;
  readonly state: RunState;
  readonly isDurable: boolean;
  /** Grows with each resumption. */
  readonly attempt: number;
  readonly principalId: string;
  readonly inputs: JsonObject;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly output?: JsonValue;
  readonly error?: WireError;
  /** The step whose failure it was. */
  readonly failedStep?: string;
  readonly steps: readonly StepView[];
  readonly compensations: readonly CompensationOutcome[];
}

/** What is known of a run. */
export interface RunFacts {
  readonly definition: WorkflowDefinition;
  readonly run: RunStart;
  readonly attempt: number;
  readonly isDurable: boolean;
  readonly outcomes: ReadonlyMap<string, StepOutcome>;
  readonly waits: ReadonlyMap<string, WaitView>;
  /** Steps that are known to have started, and when; others that could run count as running. */
  readonly started?: ReadonlyMap<string, number>;
  readonly result: RunResult | undefined;
  readonly endedAt: number | undefined;
}

/** A run as it stands, from what is known of it. */
export function runView(facts: RunFacts): RunView {
  const { definition, run, result, endedAt } = facts;
  return {
    id: run.runId,
    workspace: run.workspace,
    ...(run.tool === undefined ? {} : { tool: run.tool }),
    digest: definition.digest,
    state: result?.state ?? 'running',
    isDurable: facts.isDurable,
    attempt: facts.attempt,
    principalId: run.principal.id,
    inputs: run.inputs,
    startedAt: run.startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(result?.state === 'succeeded' ? { output: result.output } : {}),
    ...(result?.state === 'failed' ? { error: result.error } : {}),
    ...(result?.state === 'failed' && result.step !== undefined ? { failedStep: result.step } : {}),
    steps: definition.steps.map((step) => stepView(step, facts)),
    compensations: result === undefined || result.state === 'succeeded' ? [] : result.compensations,
  };
}

function stepView(step: WorkflowStep, facts: RunFacts): StepView {
  const outcome = facts.outcomes.get(step.id);
  const shared = { id: step.id, work: workOf(step), dependsOn: step.dependsOn };
  if (outcome === undefined) return { ...shared, ...unfinished(step, facts), ...inputOf(step, facts) };
  return {
    ...shared,
    state: outcome.kind,
    endedAt: outcome.endedAt,
    ...(outcome.kind === 'not_started' ? {} : { startedAt: outcome.startedAt, ...inputOf(step, facts) }),
    ...('attempts' in outcome ? { attempts: outcome.attempts } : {}),
    ...(outcome.kind === 'succeeded' ? { result: outcome.result } : {}),
    ...('error' in outcome ? { error: outcome.error } : {}),
    ...('fallback' in outcome ? { fallback: outcome.fallback } : {}),
  };
}

function unfinished(
  step: WorkflowStep,
  { outcomes, waits, started, result }: RunFacts,
): Pick<StepView, 'state' | 'wait' | 'startedAt'> {
  const wait = waits.get(step.id);
  const startedAt = started?.get(step.id);
  if (wait !== undefined) return { state: 'waiting', wait, ...(startedAt === undefined ? {} : { startedAt }) };
  const canRun = result === undefined && step.dependsOn.every((id) => outcomes.has(id));
  if (!canRun || (started !== undefined && startedAt === undefined)) return { state: 'pending' };
  return { state: 'running', ...(startedAt === undefined ? {} : { startedAt }) };
}

/** The input is not kept: it follows from what is. One that has no value is the step's failure, and not shown twice. */
function inputOf(step: WorkflowStep, { run, outcomes }: RunFacts): { readonly input?: JsonValue } {
  if (step.action.kind !== 'tool' || step.forEach !== undefined) return {};
  if (!step.dependsOn.every((id) => outcomes.has(id))) return {};
  try {
    return { input: valueOfTemplate(step.action.input, variablesOf(run, outcomes), step.id) };
  } catch {
    return {};
  }
}

function workOf({ action }: WorkflowStep): string {
  switch (action.kind) {
    case 'tool':
      return action.tool;
    case 'event':
      return `event ${action.name}`;
    default:
      return action.kind;
  }
}
