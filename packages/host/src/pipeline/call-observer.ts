import type { InvocationOutcome } from '@capstan/sdk';
import type { Surface } from '../surface.ts';

/** One call, as an observer may see it. Stages fill in what is absent at first; nothing of it is to be changed. */
export interface ObservedCall {
  readonly executionId: string;
  readonly workspaceId: string;
  readonly surface: Surface;
  readonly request: {
    /** The name that the caller used. */
    readonly tool: string;
    readonly traceparent?: string;
  };
  /** The tool, once it is found. */
  readonly tool: { readonly definition: { readonly id: string } } | undefined;
  readonly connectionId: string | undefined;
  readonly attempts: number;
}

/** The observation of one call. */
export interface CallObservation {
  /** W3C `traceparent` for what the call does itself; undefined where it is not traced. */
  readonly traceparent: string | undefined;
  end(outcome: InvocationOutcome): void;
}

/** Hears of every call, before all other stages and after them: for metrics and traces. Must not throw. */
export interface CallObserver {
  begin(call: ObservedCall): CallObservation;
}
