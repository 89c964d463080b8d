import type { InvocationOutcome } from '@capstan/sdk';

/** One call, as far as it is observed. Stages of the host fill in what is absent at first. */
export interface ObservedCall {
  readonly executionId: string;
  readonly workspaceId: string;
  /** `mcp`, `rest`, `cli`, … */
  readonly surface: string;
  readonly request: {
    /** The name that the caller used. */
    readonly tool: string;
    readonly traceparent?: string | undefined;
  };
  /** The tool, once it is found. */
  readonly tool: { readonly definition: { readonly id: string } } | undefined;
  readonly connectionId: string | undefined;
  readonly attempts: number;
}

/** The observation of one call. */
export interface CallObservation {
  /** W3C Trace Context of what the call does itself; absent where nobody traces. */
  readonly traceparent: string | undefined;
  end(outcome: InvocationOutcome): void;
}

/** Hears of every call. Must not throw. */
export interface CallObserver {
  begin(call: ObservedCall): CallObservation;
}
