import type { JsonValue, WireError } from '@capstan/sdk';

/** Why a run stopped before all of its steps ran. */
export type StopReason = 'failed' | 'cancelled' | 'deadline';

/** How one step ended. Plain JSON: it is what a durable engine records. Times are ms since the epoch. */
export type StepOutcome =
  | {
      readonly kind: 'succeeded';
      readonly result: JsonValue;
      /** Calls that were made; 0 for a wait. */
      readonly attempts: number;
      readonly startedAt: number;
      readonly endedAt: number;
      /** The tool that answered in place of the step's own. */
      readonly fallback?: string;
    }
  | {
      readonly kind: 'failed';
      readonly error: WireError;
      readonly attempts: number;
      readonly startedAt: number;
      readonly endedAt: number;
    }
  | {
      readonly kind: 'skipped';
      readonly because: 'condition' | 'error';
      readonly error?: WireError;
      readonly startedAt: number;
      readonly endedAt: number;
    }
  /** It was under way when the run was cancelled, or ran out of time. */
  | {
      readonly kind: 'cancelled';
      readonly because: StopReason;
      readonly startedAt: number;
      readonly endedAt: number;
    }
  | { readonly kind: 'not_started'; readonly because: StopReason; readonly endedAt: number };

/** What became of undoing one step. */
export interface CompensationOutcome {
  readonly step: string;
  readonly outcome: StepOutcome;
}

/** How a run ended. */
export type RunResult =
  | { readonly state: 'succeeded'; readonly output: JsonValue }
  | {
      readonly state: 'failed';
      readonly error: WireError;
      /** The step whose failure it was; absent for the time limit or the output. */
      readonly step?: string;
      readonly compensations: readonly CompensationOutcome[];
    }
  | { readonly state: 'cancelled'; readonly compensations: readonly CompensationOutcome[] };
