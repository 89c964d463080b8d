import type { InvocationOutcome, JsonObject, JsonValue, Principal } from '@capstan/sdk';
import type { StepOutcome } from './step-outcome.ts';

/** Who started a run, with what. Plain JSON: a durable engine records it. */
export interface RunStart {
  /** `run_` and a UUIDv7. */
  readonly runId: string;
  readonly workspace: string;
  readonly principal: Principal;
  /** Tool names are looked up in this pack first. */
  readonly namespace?: string;
  /** The id of the tool whose backend the workflow is. */
  readonly tool?: string;
  /** With the defaults of those that were not given. */
  readonly inputs: JsonObject;
  /** In ms since the epoch. */
  readonly startedAt: number;
  /** What is taken over from an earlier attempt or another run: these steps do not run. */
  readonly given: Readonly<Record<string, StepOutcome>>;
  /** How deep in workflows that call workflows. */
  readonly depth: number;
  /** W3C `traceparent` of the one who started it. */
  readonly traceparent?: string;
}

/** One call of a tool by a step. */
export interface ToolCall {
  readonly run: RunStart;
  readonly step: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly connection?: string;
  /** The same over retries, recoveries and resumption. */
  readonly idempotencyKey: string;
  /** When it must be over, in ms since the epoch. */
  readonly deadline?: number;
  readonly signal: AbortSignal;
}

/** Calls a tool as the one who started the run, through all rules of the host. */
export type CallTool = (call: ToolCall) => Promise<InvocationOutcome>;

/** Time, injected. */
export interface Timer {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after a time, or when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Something that a run waits for. */
export interface WaitRequest {
  readonly step: string;
  readonly kind: 'delay' | 'event' | 'approval';
  /** Of the event or the approval. */
  readonly name: string;
  /** What the one who approves is asked. */
  readonly question?: string;
  /** After this time it is over, in ms; absent: never. */
  readonly timeoutMs?: number;
}

/** How a wait ended. */
export type WaitEnd =
  | { readonly kind: 'delivered'; readonly payload: JsonValue }
  | { readonly kind: 'elapsed' }
  | { readonly kind: 'stopped' };

/** Where a run keeps what happened. In memory it forgets; a durable one gives back what it recorded, in a run that goes on. */
export interface RunJournal {
  /**
   * Does some work once in the life of a run: where the key was recorded, gives what was recorded. Of one run, keys are
   * always asked for in the same order.
   */
  record(key: string, work: () => Promise<StepOutcome>): Promise<StepOutcome>;
  /** The outcomes of the items of a step that were recorded before. */
  items(step: string): Promise<ReadonlyMap<number, StepOutcome>>;
  recordItem(step: string, index: number, outcome: StepOutcome): Promise<void>;
  wait(request: WaitRequest, signal: AbortSignal): Promise<WaitEnd>;
  /** Resolves when a call may be made; never resolves when this host no longer owns the run. */
  mayCall(): Promise<void>;
}

/** What happens to a step while it goes on. */
export type StepChange =
  | { readonly kind: 'started'; readonly step: string; readonly at: number }
  | { readonly kind: 'waiting'; readonly step: string; readonly at: number; readonly wait: WaitRequest }
  | { readonly kind: 'ended'; readonly step: string; readonly outcome: StepOutcome };

/** All that running a workflow needs. */
export interface RunEnvironment {
  readonly call: CallTool;
  readonly timer: Timer;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly journal: RunJournal;
  /** Aborting it cancels the run. */
  readonly cancelled: AbortSignal;
  readonly onChange: (change: StepChange) => void;
}
