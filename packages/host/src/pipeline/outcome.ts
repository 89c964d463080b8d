import { CapstanError, type InvocationOutcome } from '@capstan/sdk';
import type { Invocation } from './invocation.ts';

/** The outcome of a call that failed. */
export function failed(invocation: Invocation, error: CapstanError): Promise<InvocationOutcome> {
  return Promise.resolve({ status: 'failed', executionId: invocation.executionId, error });
}

/** The outcome of a call that was not allowed. */
export function denied(invocation: Invocation, reason: string): Promise<InvocationOutcome> {
  const error = new CapstanError('CAPSTAN_DENIED', reason);
  return Promise.resolve({ status: 'denied', executionId: invocation.executionId, error });
}
