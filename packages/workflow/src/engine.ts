import type { JsonObject, JsonValue, Principal } from '@capstan/sdk';
import type { WorkflowDefinition } from './definition/workflow-definition.ts';
import type { CallTool } from './run/run-environment.ts';
import type { RunView } from './run/run-view.ts';
import type { RunResult } from './run/step-outcome.ts';

/** A run to start. */
export interface StartRunRequest {
  readonly definition: WorkflowDefinition;
  readonly workspace: string;
  readonly principal: Principal;
  readonly inputs: JsonObject;
  /** Starting with a key that was used before gives the run that it started; scoped by the caller. */
  readonly idempotencyKey?: string;
  readonly namespace?: string;
  readonly tool?: string;
  readonly depth?: number;
  readonly traceparent?: string;
}

/** Which runs to list. */
export interface ListRunsQuery {
  readonly workspace: string;
  readonly state?: RunView['state'];
  readonly tool?: string;
  /** Default 50, at most 500. */
  readonly limit?: number;
  readonly cursor?: string;
}

/** A run in a list. */
export type RunSummary = Pick<
  RunView,
  'id' | 'workspace' | 'tool' | 'state' | 'attempt' | 'principalId' | 'startedAt' | 'endedAt' | 'error'
>;

/** One page of runs, the newest first. */
export interface RunPage {
  readonly items: readonly RunSummary[];
  readonly nextCursor?: string;
}

/** A run that was named, and by whom: what is not in the workspace is not there. */
export interface RunPlace {
  readonly workspace: string;
  readonly runId: string;
}

/** An answer to what a run asks. */
export interface ApprovalAnswer {
  readonly approved: boolean;
  /** The id of the principal who answers. */
  readonly by: string;
  readonly comment?: string;
}

/** How long somebody waits for the end of a run. */
export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A workflow that starts runs by itself. */
export interface ScheduledWorkflow {
  /** Unique: the workspace and the tool. */
  readonly name: string;
  /** Five fields, UTC. */
  readonly cron: string;
  readonly start: Omit<StartRunRequest, 'idempotencyKey'>;
}

/**
 * Runs workflows. All methods but `open` and `close` may be called on any of several engines that share a database.
 * An unknown run is CAPSTAN_NOT_FOUND; what the state of a run does not allow is CAPSTAN_CONFLICT.
 */
export interface WorkflowEngine {
  /** Whether runs survive the end of the process. */
  readonly isDurable: boolean;
  /** Begins to work: from now on calls are made. */
  open(call: CallTool): Promise<void>;
  /** @returns The id of the run. */
  start(request: StartRunRequest): Promise<string>;
  /** How a run ended; undefined where it was not over in time. */
  result(place: RunPlace, options?: WaitOptions): Promise<RunResult | undefined>;
  find(place: RunPlace): Promise<RunView | undefined>;
  list(query: ListRunsQuery): Promise<RunPage>;
  /** Ends calls under way, starts nothing more, and undoes what is to be undone. */
  cancel(place: RunPlace): Promise<void>;
  /** Goes on with a run that failed or was cancelled: what succeeded stays. */
  resume(place: RunPlace): Promise<void>;
  /** Starts a new run that takes over what succeeded, but for a step and those that depend on it. @returns Its id. */
  fork(place: RunPlace, fromStep: string): Promise<string>;
  /** Delivers an event; it is kept until the run waits for it. */
  send(place: RunPlace, event: string, payload: JsonValue): Promise<void>;
  /** Answers a step that waits for an approval. */
  approve(place: RunPlace, step: string, answer: ApprovalAnswer): Promise<void>;
  /** Replaces the schedules of a source; an engine in memory has none. @throws CapstanError CAPSTAN_INVALID_REQUEST for a pattern that is none */
  schedule(workflows: readonly ScheduledWorkflow[]): Promise<void>;
  /** Calls back whenever something of a run may have changed; returns how to stop. */
  watch(place: RunPlace, listener: () => void): () => void;
  /** Starts nothing more, ends what it holds. Durable runs go on elsewhere. */
  close(): Promise<void>;
}
