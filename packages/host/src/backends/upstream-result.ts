import type { CapstanError, InvocationResult } from '@capstan/sdk';

/** What a tool behind another protocol gave, ready to be handed on. */
export class UpstreamResult {
  readonly result: InvocationResult;

  constructor(result: InvocationResult) {
    this.result = result;
  }
}

const results = new WeakMap<CapstanError, InvocationResult>();

/** Keeps with an error what the tool itself said of its failure. */
export function failedWith(error: CapstanError, result: InvocationResult): CapstanError {
  results.set(error, result);
  return error;
}

/** What the tool itself said of its failure, where it said something. */
export function resultOfFailure(error: CapstanError): InvocationResult | undefined {
  return results.get(error);
}
