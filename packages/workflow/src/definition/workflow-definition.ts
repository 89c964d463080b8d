import type { JsonObject, JsonSchema, JsonValue } from '@capstan/sdk';
import type { WorkflowExpression, WorkflowTemplate } from './workflow-language.ts';

/** What happens when a step fails for good. */
export const ON_ERROR = ['fail', 'skip', 'continue', 'fallback'] as const;
/**
 * `fail`: the run fails. `skip`: the step counts as skipped, its result is null. `continue`: it counts as failed, its
 * result is null and its error can be read. `fallback`: another tool is called with the same input.
 */
export type OnError = (typeof ON_ERROR)[number];

/** When a failed call is made again. */
export interface StepRetry {
  /** Beyond the first attempt. */
  readonly maxRetries: number;
  /** Before the first retry, in ms; it doubles. */
  readonly baseMs: number;
  /** The longest pause, in ms. */
  readonly maxMs: number;
}

/** What a step does. */
export type StepAction =
  | { readonly kind: 'tool'; readonly tool: string; readonly connection?: string; readonly input: WorkflowTemplate }
  /** Waits, in ms. */
  | { readonly kind: 'delay'; readonly delayMs: WorkflowTemplate }
  /** Waits until somebody sends the run an event of this name; its payload is the result. */
  | { readonly kind: 'event'; readonly name: string }
  /** Waits until somebody approves. */
  | { readonly kind: 'approval' };

/** Runs a step once for each item of a list. */
export interface ForEach {
  readonly items: WorkflowTemplate;
  /** At most as many at once. */
  readonly maxParallel: number;
}

/** What undoes a step, when the run fails or is cancelled after it. */
export interface Compensation {
  readonly tool: string;
  readonly input: WorkflowTemplate;
}

/** One step of a workflow. */
export interface WorkflowStep {
  readonly id: string;
  readonly action: StepAction;
  /** Ids of the steps that must be over before: those named, and those that its expressions speak of. */
  readonly dependsOn: readonly string[];
  readonly when?: WorkflowExpression;
  readonly forEach?: ForEach;
  /** Set where somebody has to approve before it starts: what they are asked. */
  readonly approval?: WorkflowTemplate;
  readonly retry: StepRetry;
  readonly onError: OnError;
  /** The tool that is called where it fails, with the same input. */
  readonly fallback?: string;
  readonly compensate?: Compensation;
  /** How long each attempt, or the wait, may take. */
  readonly timeoutMs?: number;
}

/** A workflow: what was written, read and checked. */
export interface WorkflowDefinition {
  readonly description: string;
  /** JSON Schema of the inputs: always an object. */
  readonly inputSchema: JsonSchema;
  /** Values of inputs that are not given; `null` for those without a default. */
  readonly inputDefaults: Readonly<Record<string, JsonValue>>;
  /** In an order in which each step comes after those that it depends on. */
  readonly steps: readonly WorkflowStep[];
  /** How many calls of one run may be under way. */
  readonly maxParallel: number;
  readonly timeoutMs?: number;
  /** What the run gives. Absent: the results of the steps by their ids. */
  readonly output?: WorkflowTemplate;
  /** When runs start by themselves: five fields of cron, UTC. */
  readonly schedule?: { readonly cron: string; readonly inputs: JsonObject };
  /** What it was read from, in our own form. */
  readonly source: JsonObject;
  /** SHA-256 of the source: a run finishes on the definition that it began with. */
  readonly digest: string;
}
