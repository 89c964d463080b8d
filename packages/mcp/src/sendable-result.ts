import { isTooDeep } from '@capstan/schema';
import type { InvocationResult } from '@capstan/sdk';

/** What is much deeper than this ends the stack of whoever writes it as JSON. */
const MAX_RESULT_DEPTH = 512;

/** Refuses what would break an answer off in the middle. @throws RangeError */
export function requireSendable(result: InvocationResult): void {
  if (isTooDeep(result, MAX_RESULT_DEPTH)) throw new RangeError('a result is nested too deep to be sent');
}
