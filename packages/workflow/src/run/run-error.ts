import { CapstanError, isCapstanError, toWireError, type WireError } from '@capstan/sdk';

/** An error of the run itself, as it is recorded. */
export function runError(error: unknown, step: string): WireError {
  if (isCapstanError(error)) return toWireError(error);
  const message = error instanceof Error ? error.message : String(error);
  return toWireError(new CapstanError('CAPSTAN_INTERNAL', `the step '${step}' broke: ${message}`));
}

/** An expression that has no value. */
export function expressionError(error: unknown, what: string): CapstanError {
  const message = error instanceof Error ? error.message : String(error);
  return new CapstanError('CAPSTAN_WORKFLOW_EXPRESSION', `${what}: ${message}`, { cause: error });
}

/** What took longer than it may. */
export function overtime(what: string, limitMs: number | undefined): CapstanError {
  const limit = limitMs === undefined ? '' : ` after ${limitMs} ms`;
  return new CapstanError('CAPSTAN_DEADLINE_EXCEEDED', `${what} was not over${limit}`);
}
