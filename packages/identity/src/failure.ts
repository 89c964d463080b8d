import { CapstanError } from '@capstan/sdk';

/** Nobody is who he is not shown to be: whatever is wrong, the answer is this. */
export function unauthenticated(message: string, hint?: string): CapstanError {
  return new CapstanError('CAPSTAN_UNAUTHENTICATED', message, hint === undefined ? {} : { hint });
}

/** @param waitMs until something is looked at again */
export function mustWait(waitMs: number): CapstanError {
  return new CapstanError('CAPSTAN_RATE_LIMITED', 'too many wrong keys came from this address', {
    hint: 'Correct the key of the client, then wait for the time in Retry-After.',
    details: { retry_after_ms: waitMs },
  });
}
